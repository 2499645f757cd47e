// Containers and codecs that people have and that are not decoded here: each is named, so that nobody is told to send
// it as headerless samples. Magic numbers: the formats' own specifications.

/// A container that is known by name alone.
enum ForeignContainer {
    /// What stands at the front.
    enum Look: Equatable {
        case needsBytes
        case found(String)
        case none
    }

    /// Bytes at a place that tell a format.
    private struct Magic {
        let name: String
        let bytes: [UInt8]
        let place: Int

        init(_ name: String, _ bytes: [UInt8], at place: Int = 0) {
            (self.name, self.bytes, self.place) = (name, bytes, place)
        }

        init(_ name: String, _ text: StaticString, at place: Int = 0) {
            self.init(name, text.withUTF8Buffer { Array($0) }, at: place)
        }
    }

    private static let all = [
        Magic("MP4 (M4A, AAC or ALAC in it)", "ftyp", at: 4), Magic("QuickTime", "moov", at: 4),
        Magic("QuickTime", "mdat", at: 4), Magic("QuickTime", "wide", at: 4),
        Magic("ASF (WMA)", [0x30, 0x26, 0xB2, 0x75, 0x8E, 0x66, 0xCF, 0x11]),
        Magic("Matroska (WebM, MKA)", [0x1A, 0x45, 0xDF, 0xA3]),
        Magic("AMR", "#!AMR"), Magic("Monkey's Audio (APE)", "MAC "), Magic("WavPack", "wvpk"),
        Magic("True Audio (TTA)", "TTA1"),
        Magic("True Audio (TTA)", "TTA2"), Magic("Musepack", "MPCK"), Magic("Musepack", "MP+"),
        Magic("Shorten", "ajkg"),
        Magic("OptimFROG", "OFR "), Magic("TAK", "tBaK"), Magic("DSD (DSF)", "DSD "), Magic("DSD (DFF)", "FRM8"),
        Magic("RealAudio", ".ra"), Magic("RealMedia", ".RMF"), Magic("Flash video", "FLV"), Magic("AVI", "AVI ", at: 8),
        Magic("AAC in ADIF", "ADIF"), Magic("DTS", [0x7F, 0xFE, 0x80, 0x01]), Magic("AC-3", [0x0B, 0x77]),
        Magic("MPEG program stream", [0, 0, 1, 0xBA]), Magic("8SVX", "8SVX", at: 8),
        Magic("Creative VOC", "Creative Voice"),
        Magic("NIST SPHERE", "NIST_1A"), Magic("Sound Designer II", "Sd2f"),
        Magic("MIDI, which is notes and no sound", "MThd"),
        Magic("MIDI, which is notes and no sound", "RMID", at: 8),
    ]

    /// The most bytes that a magic needs.
    private static let mostBytes = 14

    /// Looks at the front of `queue`, which holds four bytes or more; `isLast` when no more will come.
    static func look(_ queue: borrowing ByteQueue, isLast: Bool) -> Look {
        for magic in all where queue.prefix(magic.bytes.count, at: magic.place) == magic.bytes {
            return .found(magic.name)
        }
        if isADTS(queue) { return .found("AAC in ADTS") }
        if queue.count > 376, [0, 188, 376].allSatisfy({ queue[$0] == 0x47 }) {
            return .found("MPEG transport stream")
        }
        let mayBeLonger = queue[0] == 0x47 && queue.count <= 376 || queue.count < mostBytes
        return mayBeLonger && !isLast ? .needsBytes : .none
    }

    /// The sync of an AAC frame: 12 ones, layer 0, and a rate that there is.
    private static func isADTS(_ queue: borrowing ByteQueue) -> Bool {
        queue[0] == 0xFF && queue[1] & 0xF6 == 0xF0 && queue[2] >> 2 & 15 < 13
    }
}
