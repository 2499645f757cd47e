// swift-tools-version: 6.2
import PackageDescription

/// Warnings are errors in our own targets; dependencies keep their own settings.
let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]

/// C is optimised in every configuration: a debug build's recurrent step is otherwise too slow to stream.
/// No `-ffast-math`: the order of summation is a contract.
let kernels: [CSetting] = [.unsafeFlags(["-O3", "-std=c17", "-Wall", "-Wextra", "-Werror", "-ffp-contract=off"])]

/// The installed binary needs no Swift on its machine. `--static-swift-stdlib` would say the same, but tests cannot be
/// built with it (there is no static Testing), and a second build for them alone would take minutes: so the flags are
/// the link's own. The thread sanitizer does not start in a static executable: `Tests/run --sanitize` asks for a
/// dynamic one.
let staticSwift: [LinkerSetting] =
    Context.environment["SWIFT_RUNTIME"] == "dynamic"
    ? []
    : [
        .unsafeFlags([
            "-static-stdlib", "-lCoreFoundation", "-lFoundationInternationalization", "-l_FoundationICU",
            "-l_FoundationCShims", "-l_FoundationCollections", "-lstdc++",
        ])
    ]

let package = Package(
    name: "heard",
    products: [
        .executable(name: "heard", targets: ["heard"]),
        // Built, and not installed.
        .executable(name: "heard-bench", targets: ["Bench"]),
        .library(name: "Heard", targets: ["HeardKit"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        .systemLibrary(name: "CSndFile", providers: [.apt(["libsndfile1-dev"])]),
        // libsndfile's own decoder of MP3, so every machine that has the one has the other.
        .systemLibrary(name: "CMPG123", providers: [.apt(["libmpg123-dev"])]),
        .systemLibrary(name: "CFFTW", providers: [.apt(["libfftw3-dev"])]),
        .systemLibrary(name: "CSoxr", providers: [.apt(["libsoxr-dev"])]),
        .systemLibrary(name: "CCairo", providers: [.apt(["libcairo2-dev"])]),
        .target(name: "CKernels", cSettings: kernels),
        // What everything may import: text from outside, and what a message quotes of it.
        .target(name: "Schema", swiftSettings: strict),
        .target(name: "Audio", dependencies: ["CSndFile", "CMPG123", "CSoxr", "Schema"], swiftSettings: strict),
        .target(name: "Features", dependencies: ["CFFTW", "Schema"], swiftSettings: strict),
        .target(name: "Recurrent", dependencies: ["CKernels", "Schema"], swiftSettings: strict),
        .target(name: "Decoding", dependencies: ["Schema"], swiftSettings: strict),
        .target(
            name: "Pipeline", dependencies: ["Audio", "Features", "Recurrent", "Decoding", "Events", "Schema"],
            swiftSettings: strict),
        .target(
            name: "Training",
            dependencies: [
                "Pipeline", "Audio", "Features", "Recurrent", "Decoding", "Schema",
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: strict),
        // Networks from and for other programs.
        .target(
            name: "Interchange", dependencies: ["Pipeline", "Features", "Recurrent", "Decoding", "Schema"],
            swiftSettings: strict),
        // How models are judged.
        .target(
            name: "Evaluation",
            dependencies: [
                "CCairo", "Audio", "Features", "Events", "Pipeline", "Recurrent", "Decoding", "Training", "Schema",
            ],
            swiftSettings: strict),
        // The course's experiments.
        .target(
            name: "Study", dependencies: ["Recurrent", "Decoding", "Training", "Evaluation"], swiftSettings: strict),
        // What every program of ours does with standard output and error.
        .target(name: "Terminal", swiftSettings: strict),
        .target(name: "Events", dependencies: ["Schema"], swiftSettings: strict),
        .target(
            name: "Daemon",
            dependencies: [
                // Audio and Decoding for the words in which Pipeline speaks: options of a stream, labels.
                "Events", "Pipeline", "Audio", "Decoding", "Schema",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        // The module of the library product Heard. It is not named Heard: where case is not told apart that is heard.
        .target(
            name: "HeardKit", dependencies: ["Audio", "Decoding", "Pipeline", "Recurrent", "Events"],
            swiftSettings: strict),
        .executableTarget(
            name: "heard",
            dependencies: [
                "Audio", "Features", "Recurrent", "Decoding", "Pipeline", "Interchange", "Training", "Evaluation",
                "Study", "Events", "Daemon", "Terminal", "Schema",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: strict,
            linkerSettings: staticSwift),
        .executableTarget(
            name: "Bench",
            dependencies: [
                "CKernels", "Features", "Recurrent", "Pipeline", "Training", "Evaluation", "Events", "Daemon",
                "Terminal", "Schema",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict,
            linkerSettings: staticSwift),
        .target(
            name: "TestSupport",
            dependencies: [
                "Audio", "Features", "Recurrent", "Decoding", "Pipeline", "Training", "Events", "Daemon", "CSndFile",
            ],
            path: "Tests/TestSupport", swiftSettings: strict),
        .testTarget(name: "SchemaTests", dependencies: ["Schema"], swiftSettings: strict),
        .testTarget(name: "AudioTests", dependencies: ["Audio", "CSndFile", "TestSupport"], swiftSettings: strict),
        .testTarget(name: "FeaturesTests", dependencies: ["Features", "Schema", "TestSupport"], swiftSettings: strict),
        // The tile kernels over tiles in plain C: tested on machines that have none.
        .target(name: "CTiles", dependencies: ["CKernels"], path: "Tests/CTiles", cSettings: kernels),
        .testTarget(
            name: "RecurrentTests", dependencies: ["Recurrent", "CKernels", "CTiles", "TestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "TrainingTests",
            dependencies: [
                "Audio", "Features", "Recurrent", "Decoding", "Training", "CSndFile", "TestSupport",
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "EvaluationTests",
            dependencies: [
                "CCairo", "Audio", "Decoding", "Pipeline", "Training", "Evaluation", "Schema", "TestSupport",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "StudyTests", dependencies: ["Recurrent", "Decoding", "Training", "Study", "TestSupport"],
            swiftSettings: strict),
        .testTarget(name: "DecodingTests", dependencies: ["Decoding", "Schema"], swiftSettings: strict),
        .testTarget(name: "EventsTests", dependencies: ["Events"], swiftSettings: strict),
        .testTarget(
            name: "PipelineTests",
            dependencies: ["Audio", "Features", "Recurrent", "Decoding", "Events", "Pipeline", "TestSupport"],
            swiftSettings: strict),
        .testTarget(name: "HeardKitTests", dependencies: ["HeardKit", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "InterchangeTests",
            dependencies: ["Features", "Recurrent", "Pipeline", "Interchange", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "DaemonTests",
            dependencies: [
                "Audio", "Pipeline", "Events", "Daemon", "CSndFile", "TestSupport",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        // Run the executables, which every build makes; they do not link them.
        .testTarget(
            name: "HeardTests",
            dependencies: ["Recurrent", "Decoding", "Pipeline", "Daemon", "Events", "TestSupport"],
            swiftSettings: strict),
        .testTarget(name: "BenchTests", dependencies: ["TestSupport"], swiftSettings: strict),
    ]
)
