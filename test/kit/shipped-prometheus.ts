import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ServiceName } from '@faultline/contracts';
import { parse, stringify } from 'yaml';
import { REPOSITORY } from './command-line';

export const SHIPPED_CONFIG = join(REPOSITORY, 'deploy/prometheus/prometheus.yml');

interface Job {
  job_name: string;
  authorization?: { credentials_file: string };
  dns_sd_configs?: { names: string[]; type: string; port: number; refresh_interval: string }[];
  static_configs?: { targets: string[] }[];
}

/** The part of Prometheus' configuration that ours has. */
export interface PrometheusConfig {
  global: { scrape_interval: string; scrape_timeout: string };
  scrape_configs: Job[];
}

export function shippedConfig(): PrometheusConfig {
  return parse(readFileSync(SHIPPED_CONFIG, 'utf8')) as PrometheusConfig;
}

/**
 * The shipped configuration where there are no names to find services by and nobody has time: at these addresses, every second. Without a
 * file that has the token, none is shown.
 */
export function configAt(urls: Readonly<Record<ServiceName, string>>, tokenFile?: string): string {
  const { global, scrape_configs, ...others } = shippedConfig();
  const jobs = scrape_configs.map(({ authorization, dns_sd_configs, ...job }): Job => {
    const services = dns_sd_configs?.flatMap(({ names }) => names as ServiceName[]) ?? [];
    return {
      ...job,
      ...(authorization && tokenFile
        ? { authorization: { ...authorization, credentials_file: tokenFile } }
        : {}),
      static_configs: [{ targets: services.map((service) => new URL(urls[service]).host) }],
    };
  });
  return stringify({
    ...others,
    // A scrape may not take longer than to the next one.
    global: { ...global, scrape_interval: '1s', scrape_timeout: '1s' },
    scrape_configs: jobs,
  });
}
