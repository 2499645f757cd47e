// What the gates of a stream's online network do, told every so often: for people who want to see a network at work. It
// runs the network a second time (GateObserver), so a stream that is inspected costs more than twice as much.

import Decoding
import Recurrent

/// The gates and states of the online network over some steps.
package struct GateReport: Sendable, Equatable {
    /// One direction of one layer.
    package struct Layer: Sendable, Equatable {
        package let layer: ObservedLayer
        /// Averages over the steps.
        package var activity: GateActivity
    }

    /// The samples that the steps stand for.
    package var start: Int
    package var end: Int
    package var layers: [Layer]
}

/// Inspects one stream. Used by one thread at a time.
final class GateInspector {
    private let observer: GateObserver
    private let names: [ObservedLayer]
    private let steps: Int
    private var sum: GateReport?
    private var count = 0

    /// Reports every so many steps.
    init(_ network: ObservedNetwork, steps: Int) {
        observer = GateObserver(network)
        names = network.layers
        self.steps = steps
    }

    /// One more step [inputs]; appends a report when enough have come.
    func inspect(_ step: UnsafePointer<Float>, _ span: StepSpan, into events: inout [SessionEvent]) {
        let activities = observer.observe(step, steps: 1)[0]
        if sum == nil {
            let layers = zip(names, activities).map { GateReport.Layer(layer: $0, activity: $1) }
            sum = GateReport(start: span.start, end: span.end, layers: layers)
        } else {
            sum?.end = span.end
            for (index, activity) in activities.enumerated() { sum?.layers[index].activity += activity }
        }
        count += 1
        if count == steps { finish(into: &events) }
    }

    /// Reports what has come since the last report.
    func finish(into events: inout [SessionEvent]) {
        guard var report = sum.take() else { return }
        for index in report.layers.indices { report.layers[index].activity /= Double(count) }
        count = 0
        events.append(.gates(report))
    }

    /// The network's state begins anew.
    func reset() { observer.reset() }
}

extension GateActivity {
    static func += (sum: inout GateActivity, other: GateActivity) {
        for index in sum.means.indices {
            sum.means[index] += other.means[index]
            sum.saturated[index] += other.saturated[index]
        }
        sum.norm += other.norm
    }

    static func /= (sum: inout GateActivity, count: Double) {
        for index in sum.means.indices {
            sum.means[index] /= count
            sum.saturated[index] /= count
        }
        sum.norm /= count
    }
}
