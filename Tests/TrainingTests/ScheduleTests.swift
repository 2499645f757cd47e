import Recurrent
import TestSupport
import Testing
import Training

@Suite struct ScheduleTests {
    @Test func pyTorchsSchedules() throws {
        let golden = try LossGolden.tensors("schedules")
        let courses: [(String, ScheduleOptions.Course)] = [
            ("cosine", .cosine(final: 0.1)), ("one_cycle", .oneCycle(start: 0.04, rise: 0.3, final: 4e-6)),
            ("exponential", .exponential(decay: 0.5, every: 20)),
        ]
        for (name, course) in courses {
            let schedule = Schedule(ScheduleOptions(course), steps: 50)
            let factors = (0..<50).map { schedule.factor(at: $0) }
            #expect(greatestDifference(factors, try golden.numbers(name)) < 1e-7, "\(name)")
        }
    }

    @Test func aWarmUpComesBeforeAnyOfThem() {
        for course in [ScheduleOptions.Course.constant, .cosine(final: 0), .exponential(decay: 0.5, every: 10)] {
            let warm = Schedule(ScheduleOptions(course, warmUp: 4), steps: 24),
                plain = Schedule(.init(course), steps: 20)
            #expect((0..<4).map { warm.factor(at: $0) } == [0.25, 0.5, 0.75, 1])
            #expect((0..<20).allSatisfy { warm.factor(at: $0 + 4) == plain.factor(at: $0) })
        }
        let short = Schedule(ScheduleOptions(.oneCycle(start: 0.1, rise: 0.3, final: 0), warmUp: 9), steps: 5)
        #expect((0..<20).allSatisfy { (0...1).contains(short.factor(at: $0)) })
    }

    @Test func theFactorStaysBehindTheEnd() {
        #expect(Schedule(.init(.cosine(final: 0.1)), steps: 10).factor(at: 99) == 0.1)
        #expect(Schedule(.init(.oneCycle(start: 0.04, rise: 0.3, final: 0.01)), steps: 10).factor(at: 99) == 0.01)
    }

    @Test func aPlateauLowersTheRateWhenNothingImproves() throws {
        let options = ScheduleOptions(.plateau(decay: 0.5, patience: 2, minimumImprovement: 0.1, final: 0.2))
        var schedule = Schedule(options, steps: 100)
        var factors: [Double] = []
        for figure in [5, 4, 3.95, 3.93, 3, 3, 2.95, .nan, 2.8, 3, 3, 3, 3] {
            schedule.observe(figure)
            factors.append(schedule.factor(at: 7))
        }
        #expect(factors == [1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.25, 0.2, 0.2, 0.2])
        var resumed = Schedule(options, steps: 100)
        resumed.state = try recoded(schedule.state)
        #expect(resumed == schedule)
    }

    @Test func optionsAreReadAndRefused() throws {
        let read: [(String, ScheduleOptions)] = [
            (#"{"type":"constant"}"#, .init()),
            (#"{"type":"cosine","warm_up":500,"final":0.01}"#, .init(.cosine(final: 0.01), warmUp: 500)),
            (#"{"type":"cosine"}"#, .init(.cosine(final: 0))),
            (#"{"type":"one_cycle"}"#, .init(.oneCycle(start: 0.04, rise: 0.3, final: 4e-6))),
            (#"{"type":"exponential","every":7}"#, .init(.exponential(decay: 0.5, every: 7))),
            (
                #"{"type":"plateau","patience":5}"#,
                .init(.plateau(decay: 0.5, patience: 5, minimumImprovement: 0, final: 0.001))
            ),
        ]
        for (json, options) in read {
            #expect(try decode(json) == options)
            #expect(try recoded(options) == options)
        }
        #expect(
            refusal(#"{"type":"cosine","warmup":5}"#, as: ScheduleOptions.self)
                == #"a schedule of type cosine has no "warmup"; it has type, warm_up, final"#)
        #expect(
            refusal(#"{"type":"cosine","final":2}"#, as: ScheduleOptions.self)
                == #""final" of a schedule of type cosine is 2.0; use a number from 0 to 1"#)
        #expect(
            refusal(#"{}"#, as: ScheduleOptions.self)
                == #"a schedule needs a "type", one of constant, cosine, exponential, plateau, one_cycle"#)
    }
}
