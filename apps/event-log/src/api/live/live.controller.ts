import type { IncomingMessage, ServerResponse } from 'node:http';
import { Controller, Get, Query, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ZodResponse } from 'nestjs-zod';
import { LiveFeed } from './live-feed';
import { LiveQuery, LiveState } from './live-schemas';

const EVENTS = `Server-sent events. First \`state\`, everything at one moment; then, when it changed and twice a second at most, \`progress\`,
\`queues\` (and devices), \`services\` (and units), \`laboratory\`, \`counters\`, each with the fields of that name in \`state\`; \`state\` again
when a laboratory came or went. Each has an id. Who comes back with \`Last-Event-ID\` gets what was missed, or \`reset\` and \`state\` where
that is not known any more. To one who is slow only the newest event of each name is sent.`;

@ApiTags('live')
@Controller('api/live')
export class LiveController {
  constructor(private readonly feed: LiveFeed) {}

  @Get()
  @ApiOperation({ summary: 'The live feed', description: EVENTS })
  @ApiOkResponse({ description: 'events', content: { 'text/event-stream': { schema: { type: 'string' } } } })
  stream(
    @Req() request: IncomingMessage,
    @Res() response: ServerResponse,
    @Query() query: LiveQuery,
  ): Promise<void> {
    const header = request.headers['last-event-id'];
    // Express asks for a head what it asks for the whole, and this one has no end.
    if (request.method === 'HEAD') return Promise.resolve(void response.end());
    return this.feed.join(response, typeof header === 'string' ? header : query.lastEventId);
  }

  @Get('state')
  @ApiOperation({ summary: 'The laboratory now: services, units and owners, queues, devices, progress' })
  @ZodResponse({ status: 200, type: LiveState })
  state(): Promise<LiveState> {
    return this.feed.state();
  }
}
