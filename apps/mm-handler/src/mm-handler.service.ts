import type { MmProgress, ResolvedProcess, ResolvedScenario } from '@faultline/contracts';
import { shardOfPasid } from '@faultline/domain';
import { ServicePorts, UnitService } from '@faultline/runtime';
import { Injectable } from '@nestjs/common';
import { ShardUnit } from './shard-unit';

/** The mm shards of this instance. */
@Injectable()
export class MmHandlerService extends UnitService {
  private units: ShardUnit[] = [];

  constructor(private readonly ports: ServicePorts) {
    super();
  }

  async start(scenario: ResolvedScenario): Promise<string[]> {
    this.units = scenario.shards.map((shard) => new ShardUnit(this.ports, scenario, shard));
    for (const unit of this.units) await unit.start();
    return this.units.map((unit) => unit.name);
  }

  async stop(): Promise<void> {
    await Promise.all(this.units.map((unit) => unit.stop()));
  }

  async create(process: ResolvedProcess): Promise<{ mm: number }> {
    await this.unitOf(process.pasid).create(process);
    return { mm: process.mm };
  }

  async bind(mm: number, pasid: number): Promise<{ generation: number; shard: number }> {
    return this.unitOf(pasid).bind(mm, pasid);
  }

  progress(): MmProgress {
    const sum: MmProgress = { openRuns: 0, framesFree: 0, framesQuarantined: 0, drained: true };
    for (const unit of this.units) {
      const one = unit.progress();
      sum.openRuns += one.openRuns;
      sum.framesFree += one.framesFree;
      sum.framesQuarantined += one.framesQuarantined;
      sum.drained &&= one.drained;
    }
    return sum;
  }

  private unitOf(pasid: number): ShardUnit {
    const unit = this.units[shardOfPasid(pasid, this.units.length)];
    if (!unit) throw new Error('the scenario has no mm shard');
    return unit;
  }
}
