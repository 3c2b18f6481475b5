// What tests wait for comes in milliseconds; on a busy machine it may take longer.

import { configure } from "@testing-library/preact";

configure({ asyncUtilTimeout: 10_000 });
