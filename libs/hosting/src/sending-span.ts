/** The sending of a message that tells of traced faults. Whoever sends it says how it goes. */
export interface SendingSpan {
  /** W3C trace context that goes with the message, the same at every try. */
  readonly traceparent: string;
  /** It is on its way. */
  begins(): void;
  /** It is in the log, at this position, or was answered. */
  arrived(sequence?: number): void;
  /** It is given up; whether it arrived may be unknown. */
  failed(error: Error): void;
}
