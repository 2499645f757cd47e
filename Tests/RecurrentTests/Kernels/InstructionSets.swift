// On what every test runs: each instruction set of this machine, and AMX's kernels over tiles in software.

import CKernels
import CTiles
import Recurrent
import Testing

/// The kernels of one instruction set, for tests that call them without a network.
struct InstructionSet: @unchecked Sendable, CustomTestStringConvertible {
    // Sendable: a table of functions that never changes.
    let table: UnsafePointer<heard_kernels>

    var testDescription: String { String(cString: table.pointee.name) }
    /// Whether products in 32-bit floats are fused with their sums.
    var isFused: Bool { testDescription != "generic" }
    var kernels: Kernels { Kernels(table: table) }

    static let all: [InstructionSet] =
        ((0..<heard_isa_count.rawValue).map { heard_kernels_for(heard_isa(rawValue: $0)) }
        + [heard_kernels_with_software_tiles()]).compactMap { $0.map(InstructionSet.init(table:)) }
}
