// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "library-user",
    dependencies: [.package(name: "heard", path: "../..")],
    targets: [.executableTarget(name: "listen", dependencies: [.product(name: "Heard", package: "heard")])]
)
