// heard-bench ceilings: what one core of this machine could do at best, in the peers' JSON lines.

import ArgumentParser
import CKernels

struct BenchCeilingsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ceilings", abstract: "Measure what one core does at best: the floors of heard-bench table.",
        discussion: """
            Peak rates of multiply-adds of 32-bit floats and of bytes on registers (AVX-512 machines), and the rate at which memory of
            several sizes is read.
            """)

    @OptionGroup var timer: BenchTimer

    func run() throws {
        for (precision, name, unit) in [
            (heard_f32, "G/fma_peak", "GFLOP/s"), (heard_i8, "G/peak/avx512_vnni", "GOP/s"),
        ] {
            let rounds = 2_000_000
            let operations = heard_peak(precision, 1) * rounds
            guard operations > 0 else { continue }
            timer.timeWhole(
                BenchPlace(peer: "ceiling", name: name), work: Double(operations) / 1e9, metric: "rate", unit: unit
            ) {
                _ = heard_peak(precision, rounds)
            }
        }
        for kibibytes in [32, 256, 512, 1024, 1600, 2560, 4096, 8192, 28_672] {
            let bytes = kibibytes << 10, passes = max(1, (256 << 20) / bytes)
            let block = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
            defer { block.deallocate() }
            block.initializeMemory(as: UInt8.self, repeating: 1, count: bytes)
            guard heard_read(block, bytes) > 0 else { continue }
            timer.timeWhole(
                BenchPlace(peer: "ceiling", name: "G/read/\(kibibytes)KiB"), work: Double(passes * bytes) / 1e9,
                metric: "rate", unit: "GB/s"
            ) {
                for _ in 0..<passes { _ = heard_read(block, bytes) }
            }
        }
    }
}
