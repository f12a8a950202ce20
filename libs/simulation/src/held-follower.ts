import { type LogPort, toError } from '@faultline/hosting';

type FollowOptions = Parameters<LogPort['follow']>[0];

/**
 * A reader whose messages `pass` may hold back. What it throws at one that comes at once its log deals with; what it throws at one that
 * comes later ends the following through `onError` all the same.
 */
export function heldFollower(options: FollowOptions, pass: (task: () => void) => void): FollowOptions {
  let hasEnded = false;
  return {
    ...options,
    onMessage: (message) => {
      let isHeld = false;
      pass(() => {
        if (hasEnded) return;
        try {
          options.onMessage(message);
        } catch (thrown) {
          if (!isHeld) throw thrown;
          hasEnded = true;
          options.onError(toError(thrown));
        }
      });
      isHeld = true;
    },
    onError: (error) => pass(() => options.onError(error)),
  };
}
