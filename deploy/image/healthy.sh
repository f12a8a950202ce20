#!/bin/sh
# Healthy: within the last 15 s the service had an answer from NATS, and touched its heartbeat file for it. A service whose
# connection is gone, or that is frozen, does not. The age is what counts, so a file left by a process that died helps nobody.
[ -n "$(find "$FAULTLINE_HEARTBEAT_FILE" -newermt '15 seconds ago' 2>/dev/null)" ]
