// Labels beside the sound that they stand for. A bar spans a label's evidence, its text is over the bar; where texts
// would touch, the later one goes one lane further from the sound. A dashed tick is where the label was decided: how
// far it is from the bar's end is how long one had to wait.
//
// What another reading does not have in the same way has a colour and a sign, so that neither alone must be seen.

/// What becomes of a label in another reading.
package enum LabelMark: String, Codable, Sendable, CaseIterable {
    case kept, changed, removed, added

    package var sign: String {
        switch self {
        case .kept: ""
        case .changed: "~"
        case .removed: "-"
        case .added: "+"
        }
    }

    var stroke: Drawing.Stroke {
        switch self {
        case .kept: .init(.ink, width: 4)
        case .changed: .init(.vermilion, width: 4)
        case .removed: .init(.blue, width: 4, dashes: [3, 2])
        case .added: .init(.green, width: 4)
        }
    }
}

/// A row of labels.
package struct LabelPanel: PicturePanel {
    /// A label, its times in seconds.
    package struct Item: Sendable, Equatable {
        package var text: String
        package var start: Double
        package var end: Double
        /// When it was decided; nil: no tick.
        package var decided: Double?
        package var mark: LabelMark

        package init(text: String, start: Double, end: Double, decided: Double? = nil, mark: LabelMark = .kept) {
            self.text = text
            self.start = start
            self.end = end
            self.decided = decided
            self.mark = mark
        }

        package var words: String { mark == .kept ? text : "\(mark.sign) \(text)" }
    }

    /// On which side of the sound the row is.
    package enum Place: Sendable { case above, below }

    package var title: String
    package var items: [Item]
    package var place: Place
    /// Whether the legend explains marks: it need not where there is nothing to compare.
    package var hasMarks: Bool

    package init(_ title: String, _ items: [Item], place: Place, hasMarks: Bool = true) {
        self.title = title
        self.items = items
        self.place = place
        self.hasMarks = hasMarks
    }

    package var keys: [PictureKey] {
        let marks = LabelMark.allCases.map { mark in
            PictureKey(mark == .kept ? mark.rawValue : "\(mark.sign) \(mark.rawValue)", mark.stroke)
        }
        let hasTicks = items.contains { $0.decided != nil }
        return (hasMarks ? marks : []) + (hasTicks ? [PictureKey("decided (\(title))", Self.tick)] : [])
    }

    private static let laneHeight = 20.0
    private static let tick = Drawing.Stroke(.ink, dashes: [2, 2])

    /// The lane of each item, counted from the sound.
    package func lanes(on axis: PictureAxis) -> [Int] {
        var ends: [Double] = []
        return items.map { item in
            let centre = centre(of: item, on: axis), half = Drawing.width(of: item.words) / 2
            let start = min(axis.x(item.start), centre - half), end = max(axis.x(item.end), centre + half)
            let lane = ends.firstIndex { $0 + 4 <= start } ?? ends.count
            if lane == ends.count { ends.append(end) } else { ends[lane] = end }
            return lane
        }
    }

    /// Where the middle of an item's text is: over the bar's middle, but inside of the picture.
    private func centre(of item: Item, on axis: PictureAxis) -> Double {
        let half = Drawing.width(of: item.words) / 2
        return max(min((axis.x(item.start) + axis.x(item.end)) / 2, axis.right - half), axis.left + half)
    }

    package func height(on axis: PictureAxis) -> Double {
        Self.laneHeight * Double((lanes(on: axis).max() ?? 0) + 1)
    }

    package func shapes(top: Double, on axis: PictureAxis) -> [Drawing.Shape] {
        let bottom = top + height(on: axis), edge = place == .above ? bottom : top
        var ticks: [Drawing.Shape] = [], labels: [Drawing.Shape] = []
        for (item, lane) in zip(items, lanes(on: axis)) {
            let far = Self.laneHeight * Double(lane)
            let laneTop = place == .above ? bottom - far - Self.laneHeight : top + far
            let bar = laneTop + 16, start = axis.x(item.start), end = axis.x(item.end), stroke = item.mark.stroke
            if let decided = item.decided {
                let x = axis.x(decided)
                ticks.append(.line([Drawing.Point(end, bar), Drawing.Point(x, bar)], Self.tick))
                let end = place == .above ? bar - 4 : laneTop + 2
                ticks.append(.line([Drawing.Point(x, end), Drawing.Point(x, edge)], Self.tick))
            }
            labels.append(.line([Drawing.Point(start, bar), Drawing.Point(max(end, start + 2), bar)], stroke))
            let centre = Drawing.Point(centre(of: item, on: axis), laneTop + 11)
            labels.append(.text(item.words, at: centre, anchor: .middle, colour: stroke.colour))
        }
        return ticks + labels
    }
}
