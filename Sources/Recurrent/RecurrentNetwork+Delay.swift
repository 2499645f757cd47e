extension RecurrentNetwork {
    package var delaySteps: Int { 0 }
}
