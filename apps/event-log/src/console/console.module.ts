import { Module } from '@nestjs/common';
import { ConsoleAssets } from './console-assets';

/** The console in the browser: a page at `/` and its files. All it knows it asks of the API. */
@Module({ providers: [ConsoleAssets] })
export class ConsoleModule {}
