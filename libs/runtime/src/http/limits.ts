/** Limits of a door. A request here is a question of some words, so that they are far from what anybody needs. */
export const HTTP_LIMITS = {
  bodyBytes: 64 * 1024,
  /** Connections at a time; further ones are closed at once. */
  connections: 256,
  /** The longest that a request may take to arrive, and an answer to begin. */
  requestMillis: 15_000,
  answerMillis: 30_000,
};
