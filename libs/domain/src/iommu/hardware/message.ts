import { NO_PASID, Permission, type Permissions } from '../../kernel/vocabulary';

/** A message as it counts: without a PASID it has no privilege and execute, whatever the bits say (R6, R42). */
export function asMeant<Message extends { readonly pasid: number; readonly permissions: Permissions }>(
  message: Message,
): Message {
  if (message.pasid !== NO_PASID) return message;
  return { ...message, permissions: message.permissions & (Permission.READ | Permission.WRITE) };
}
