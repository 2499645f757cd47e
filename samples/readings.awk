# The two readings of each utterance, out of Heard's JSON events of one stream: a line "online: ..." and a line "offline: ...".
# Utterances are joined by " / ". Labels hold letters, spaces and apostrophes, so their JSON needs no unescaping.

/"kind":"final"/ {
    online = online separator reading("online")
    offline = offline separator reading("offline")
    separator = " / "
}

END {
    print "online: " online
    print "offline: " offline
}

# The text in {"online":{"text":"..."; empty if this event has no such reading.
function reading(mode,    before, start, rest) {
    before = "\"" mode "\":{\"text\":\""
    start = index($0, before)
    if (!start) return ""
    rest = substr($0, start + length(before))
    return substr(rest, 1, index(rest, "\"") - 1)
}
