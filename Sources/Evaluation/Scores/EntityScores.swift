// How well entities are found, by the definitions of CoNLL-2003 (Tjong Kim Sang and De Meulder; conlleval) and of the
// WNUT-17 shared task (Derczynski et al. 2017, "Results of the WNUT2017 shared task on novel and emerging entity
// recognition"):
//
//     entity F1    an entity is right when its type and both of its ends are
//     surface F1   the same over distinct pairs of type and words: what is found often counts once
//
// An entity begins at B-, and at an I- after another type or after none; it goes on at I- of its type.

import Training

/// One entity of a sentence.
package struct Entity: Hashable, Sendable {
    package var type: String
    /// Words, from the first one to one past the last.
    package var words: Range<Int>

    package init(type: String, words: Range<Int>) {
        self.type = type
        self.words = words
    }

    /// The entities that some tags say. A tag that is neither `O` nor begins with `B-` or `I-` is an entity of its own
    /// type for as long as it lasts.
    package static func all(_ tags: [String]) -> [Entity] {
        var entities: [Entity] = [], open: Entity?
        func split(_ tag: String) -> (begins: Bool, type: String)? {
            if tag == "O" { return nil }
            if tag.hasPrefix("B-") { return (true, String(tag.dropFirst(2))) }
            return (false, tag.hasPrefix("I-") ? String(tag.dropFirst(2)) : tag)
        }
        for (index, tag) in tags.enumerated() {
            let part = split(tag)
            if let part, !part.begins, let entity = open, entity.type == part.type {
                open = Entity(type: entity.type, words: entity.words.lowerBound..<(index + 1))
                continue
            }
            if let open { entities.append(open) }
            open = part.map { Entity(type: $0.type, words: index..<(index + 1)) }
        }
        if let open { entities.append(open) }
        return entities
    }
}

/// Counts of right, found and wanted entities.
package struct EntityScores: Codable, Sendable, Equatable {
    /// One count and what follows from it.
    package struct Count: Codable, Sendable, Equatable {
        package var right = 0
        package var found = 0
        package var wanted = 0

        package init() {}

        package var precision: Double { found == 0 ? 0 : Double(right) / Double(found) }
        package var recall: Double { wanted == 0 ? 0 : Double(right) / Double(wanted) }
        package var f1: Double { right == 0 ? 0 : 2 * Double(right) / Double(found + wanted) }
    }

    package private(set) var entities = Count()
    package private(set) var surfaces = Count()
    /// Entities by type.
    package private(set) var types: [String: Count] = [:]
    /// Words whose tag is right, and words.
    package private(set) var rightTags = 0
    package private(set) var tags = 0

    /// Scores what was found in some sentences. `found` are tags by sentence, as many as the sentence has words.
    package init(_ sentences: [TaggedSentence], found: [[String]]) {
        precondition(sentences.count == found.count, "every sentence was tagged")
        struct Surface: Hashable {
            let type: String
            let words: [String]
        }
        var wantedSurfaces: Set<Surface> = [], foundSurfaces: Set<Surface> = []
        for (sentence, found) in zip(sentences, found) {
            precondition(sentence.words.count == found.count, "every word was tagged")
            let wanted = Set(Entity.all(sentence.tags)), ours = Set(Entity.all(found))
            func surface(_ entity: Entity) -> Surface {
                Surface(type: entity.type, words: Array(sentence.words[entity.words]))
            }
            wantedSurfaces.formUnion(wanted.map(surface))
            foundSurfaces.formUnion(ours.map(surface))
            for entity in wanted { types[entity.type, default: Count()].wanted += 1 }
            for entity in ours { types[entity.type, default: Count()].found += 1 }
            for entity in wanted.intersection(ours) { types[entity.type, default: Count()].right += 1 }
            tags += found.count
            rightTags += zip(sentence.tags, found).count { $0 == $1 }
        }
        for count in types.values {
            entities.right += count.right
            entities.found += count.found
            entities.wanted += count.wanted
        }
        surfaces.right = wantedSurfaces.intersection(foundSurfaces).count
        surfaces.found = foundSurfaces.count
        surfaces.wanted = wantedSurfaces.count
    }
}
