// Which instruction set computes. The machine's best, or what HEARD_ISA names: generic, avx2, avx512 or amx.

import CKernels
import Glibc

/// The kernels of one instruction set.
package struct Kernels: @unchecked Sendable, Equatable {
    // Sendable: a table of functions that never changes.
    let table: UnsafePointer<heard_kernels>

    /// The environment variable that names one.
    package static let variable = "HEARD_ISA"

    package init(table: UnsafePointer<heard_kernels>) { self.table = table }

    /// What HEARD_ISA and the user call it.
    package var name: String { String(cString: table.pointee.name) }

    /// Those that this machine can run, plainest first.
    package static let available: [Kernels] = (0..<heard_isa_count.rawValue).compactMap { index in
        heard_kernels_for(heard_isa(rawValue: index)).map(Kernels.init(table:))
    }

    /// What networks use that are not told otherwise: HEARD_ISA, or the best of ``available``.
    package static let current: Kernels = {
        guard let wanted = getenv(variable).map({ String(cString: $0) }), !wanted.isEmpty else {
            return available.last!
        }
        if let kernels = available.first(where: { $0.name == wanted }) { return kernels }
        let names = available.map(\.name).joined(separator: ", ")
        let note = "heard: HEARD_ISA=\(wanted) is not one of this machine's (\(names)); using \(available.last!.name)\n"
        _ = note.withCString { write(STDERR_FILENO, $0, strlen($0)) }
        return available.last!
    }()

    package static func == (a: Kernels, b: Kernels) -> Bool { a.table == b.table }

    /// In place, over all values of one step [count].
    func apply(_ activation: Activation, _ y: UnsafeMutablePointer<Float>, count: Int) {
        switch activation {
        case .relu: table.pointee.relu(y, count)
        case .tanh: table.pointee.tanh(y, count)
        case .sigmoid: table.pointee.sigmoid(y, count)
        case .softmax: table.pointee.softmax(y, count)
        case .logSoftmax: table.pointee.log_softmax(y, count)
        }
    }
}
