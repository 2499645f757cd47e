// One step of one direction in training: the rows of the sequences that are still there, each array's after each
// other. The files of the cells say what they read and write of it.

/// Views of the arrays of one step; they own nothing. H units, P floats of h (H without a projection), G gates.
package struct CellRows<Real: TrainingScalar> {
    /// Sequences.
    package var count: Int
    package var units: Int
    /// [count, G H]. Forward: W x + b, which becomes the gates' values. Backward: these, which become the gradient of W
    /// x + b.
    package var gates: UnsafeMutablePointer<Real>
    /// [count, G H]. Forward: U h + c. Backward: the gradient of it, where it is not that of W x + b.
    package var state: UnsafeMutablePointer<Real>
    /// [count, H]: what a cell keeps besides its gates.
    package var kept: UnsafeMutablePointer<Real>
    /// h before the step, [count, P].
    package var previous: UnsafePointer<Real>
    /// h after the step, [count, P]. Backward: the gradient of it.
    package var next: UnsafeMutablePointer<Real>
    /// Backward: the gradient of h before the step, as far as it does not come through U, [count, P].
    package var previousGradient: UnsafeMutablePointer<Real>
    /// An LSTM's c before and after the step, [count, H].
    package var previousMemory: UnsafePointer<Real>
    package var memory: UnsafeMutablePointer<Real>
    /// Backward: the gradient of c after the step, which becomes that of c before it, [count, H].
    package var memoryGradient: UnsafeMutablePointer<Real>
}
