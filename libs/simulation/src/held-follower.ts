import { type LogPort, toError } from '@faultline/hosting';

type FollowOptions = Parameters<LogPort['follow']>[0];

/**
 * A reader whose messages may be held back: what throws when one comes at last ends the following through `onError`, as it would have
 * when the message came at once.
 */
export function heldFollower(options: FollowOptions): FollowOptions {
  let hasEnded = false;
  return {
    ...options,
    onMessage: (message) => {
      if (hasEnded) return;
      try {
        options.onMessage(message);
      } catch (thrown) {
        hasEnded = true;
        options.onError(toError(thrown));
      }
    },
  };
}
