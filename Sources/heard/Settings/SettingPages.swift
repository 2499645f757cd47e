// The settings as an example file and as a page of the manual, heard.yaml and heard.yaml(5), from the table of
// settings. Reference: groff_man(7).

import ArgumentParser
import Daemon

/// How `heard config` prints.
enum ConfigFormat: String, CaseIterable, ExpressibleByArgument {
    /// The values in force, and where each comes from.
    case values
    /// The example file, every setting with its default after a #.
    case yaml
    /// The page of the manual, in roff.
    case man
}

/// The two pages, in lines.
enum SettingPages {
    private static let width = 120

    /// The defaults of the service; of a machine with two processors.
    private static var defaults: DaemonOptions {
        var options = Setting.defaults
        options.runtimeDirectory = "/run/heard"
        options.threads = 2
        return options
    }

    private static func sentences(_ setting: Setting) -> String {
        let expected = setting.expected.isEmpty ? "" : "It is \(setting.expected)."
        return [setting.help, setting.note, expected].filter { !$0.isEmpty }.joined(separator: " ")
    }

    // MARK: heard.yaml

    static var yaml: [String] {
        let options = defaults
        var lines = comment(
            """
            The configuration of Heard: /etc/heard/heard.yaml. Every setting stands here with its default; take the # \
            away to change it. Then: systemctl reload heard. New streams use what is new; see heard config for what is \
            in force. The environment (HEARD_ENDPOINT_SILENCE=0.8) is stronger than this file.
            """)
        for section in Setting.sections {
            lines.append("")
            lines += comment([section.title + ".", section.about].filter { !$0.isEmpty }.joined(separator: " "))
            for setting in section.settings {
                lines.append("")
                lines += comment(sentences(setting))
                lines.append("#\(setting.key): \(setting.show(options))")
            }
        }
        return lines
    }

    /// Lines of at most ``width`` columns after a #.
    private static func comment(_ text: String) -> [String] {
        var lines: [String] = [], line = "#"
        for word in text.split(separator: " ") {
            if line.count + 1 + word.count > width {
                lines.append(line)
                line = "#"
            }
            line += " \(word)"
        }
        return lines + [line]
    }

    // MARK: heard.yaml(5)

    static var man: [String] {
        let options = defaults
        var lines = [
            ".\\\" Written by heard config --format man.",
            #".TH HEARD.YAML 5 \#(Roff.date) Heard "Heard's manual""#,
            ".SH NAME", #"heard.yaml \- the configuration of the daemon heard"#,
            ".SH SYNOPSIS", ".B /etc/heard/heard.yaml",
            ".SH DESCRIPTION",
            Roff.text(
                """
                Each line is the name of a setting, a colon and its value; what follows a # is a comment. Every \
                setting is also a variable of the environment, which is stronger than the file (line-limit is \
                HEARD_LINE_LIMIT), and an option of heard serve, which is stronger than both (--line-limit). An \
                unknown name or a bad value is an error that names the line. systemctl reload heard takes in a \
                changed file, but for what is read at the start only; new streams use it, and running ones keep theirs.
                """),
            ".PP", Roff.text("heard config prints what is in force, and where each value comes from."),
        ]
        for section in Setting.sections {
            lines.append(".SH " + section.title.uppercased())
            if !section.about.isEmpty { lines.append(Roff.text(section.about)) }
            for setting in section.settings {
                lines += [
                    ".TP", #".BR \#(Roff.text(setting.key)) " (\#(Roff.text(setting.show(options))))""#,
                    Roff.text(sentences(setting)),
                ]
            }
        }
        return lines + Roff.seeAlso(["heard (1)", "heard\\-events (7)", "systemd.socket (5)"])
    }
}
