import { runService } from '@faultline/runtime';
import { IommuModule } from './iommu.module';

void runService('iommu', IommuModule);
