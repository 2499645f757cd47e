// heard model install: a model of one's own where the sandboxed service can read it.
//
// The service runs as a user of its own under ProtectHome= and PrivateTmp=, so it sees neither homes nor /tmp. Models
// go to a folder of root's beside the one that comes with Heard, and not to the service's state directory: that belongs
// to the service, which has no business to change its models, and is closed to everyone who wants to label a file by
// the same model.

import ArgumentParser
import Daemon
import Events
import Foundation
import Terminal

struct InstallCommand: ParsableCommand {
    /// The folder that every user, and the service, can read.
    static let folder = "/usr/local/share/heard/models"

    static let configuration = CommandConfiguration(
        commandName: "install", abstract: "Copy a model to where the service can read it.",
        discussion: """
            The service sees neither home folders nor /tmp. The model is checked (it loads, and its self-test passes), copied as a
            whole to \(folder), readable by all, and the line for /etc/heard/heard.yaml is printed. The same path serves
            gate:, offline-model: and language-model:. A model of the same name is replaced; a service that runs keeps
            what it has loaded until it is reloaded.

                sudo heard model install mine.safetensors
                sudo systemctl reload heard

            Exit status: 0 installed, 1 not, 64 wrong usage.
            """)

    @Argument(help: "The model file.", completion: .file(extensions: ["safetensors"])) var model: String
    @Option(help: "Its name there, with or without .safetensors. Default: the file's.") var name: String?
    @Option(help: ArgumentHelp("The folder to copy it to.", valueName: "folder")) var directory = Self.folder

    /// The name of the file to write.
    private var fileName: String {
        let name = name ?? URL(fileURLWithPath: model).lastPathComponent
        return name.hasSuffix(".safetensors") ? name : name + ".safetensors"
    }

    func validate() throws {
        guard !fileName.hasPrefix("."), !fileName.contains("/"), fileName.utf8.count <= 255 else {
            throw ValidationError("--name is the name of a file, without a folder: \(name ?? fileName) is none")
        }
    }

    func run() throws {
        try check()
        let path = "\(directory)/\(fileName)"
        do {
            let isNew = !FileManager.default.fileExists(atPath: directory)
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            // Whatever the umask of root is.
            if isNew { chmod(directory, 0o755) }
            let data = try Data(contentsOf: URL(fileURLWithPath: model))
            let copy = "\(directory)/.\(fileName).\(getpid())"
            defer { unlink(copy) }
            try writeFile(data, to: copy)
            guard chmod(copy, 0o644) == 0, rename(copy, path) == 0 else {
                throw ConnectionError(description: "cannot write \(path): \(String(cString: strerror(errno)))")
            }
        } catch {
            let reason =
                (error as? ConnectionError)?.description ?? "cannot write \(path): \(error.localizedDescription)"
            throw ConnectionError(description: "\(reason); run it by sudo, or choose another --directory")
        }
        if let hidden = ServiceSandbox.hiddenFolder(of: path) {
            printError("the service does not see \(hidden): this copy is for a heard serve of your own")
        }
        printLine("model: \(path)")
    }

    /// - Throws: why the model cannot be served, by one network or by the other.
    private func check() throws {
        var options = Setting.defaults
        options.model = model
        do {
            _ = try options.loadModel()
        } catch {
            options.mode = .offline
            guard (try? options.loadModel()) != nil else { throw error }
        }
    }
}
