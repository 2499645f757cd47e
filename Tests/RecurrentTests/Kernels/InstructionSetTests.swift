import Glibc
import Recurrent
import Testing

/// Which instruction set computes.
@Suite struct InstructionSetTests {
    @Test func everyMachineHasThePlainestAndUsesItsBest() {
        #expect(Kernels.available.first?.name == "generic")
        #expect(Set(Kernels.available.map(\.name)).count == Kernels.available.count)
        if getenv("HEARD_ISA") == nil { #expect(Kernels.current == Kernels.available.last) }
    }

    @Test func theEnvironmentForcesALowerOne() async {
        await #expect(processExitsWith: .exitCode(0)) {
            setenv("HEARD_ISA", "generic", 1)
            _exit(Kernels.current.name == "generic" ? 0 : 2)
        }
    }

    @Test func anUnknownOneIsSaidAndNotUsed() async {
        let result = await #expect(processExitsWith: .exitCode(0), observing: [\.standardErrorContent]) {
            setenv("HEARD_ISA", "abacus", 1)
            _exit(Kernels.current == Kernels.available.last ? 0 : 2)
        }
        let note = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
        #expect(note.contains("HEARD_ISA=abacus") && note.contains("generic"))
    }
}
