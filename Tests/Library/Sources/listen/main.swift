import Foundation
import HeardKit

let model = try HeardModel(path: CommandLine.arguments[1])
var options = StreamOptions()
options.mode = .both
let stream = try HeardStream(model, options)

func show(_ events: [Event]) {
    for event in events {
        switch event.body {
        case .label(let label): print("at \(label.decided ?? 0) s: \(label.text) from \(label.start) s on")
        case .final(let utterance): print("at \(utterance.decided) s, read again: \(utterance.text)")
        case .error(let code, let text, _): print("\(code): \(text)")
        default: break
        }
    }
}

let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: CommandLine.arguments[2]))
while let bytes = try file.read(upToCount: 4096), !bytes.isEmpty { show(stream.append(bytes)) }
show(stream.finish())
