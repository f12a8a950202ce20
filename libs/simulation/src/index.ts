/**
 * The room of the simulator, which this version does not have yet. The rules of imports know it already: whatever comes here runs the
 * deciders and the ports of `hosting` on a virtual clock, and touches no platform.
 */
export {};
