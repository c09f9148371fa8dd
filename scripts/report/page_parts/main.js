// SPDX-License-Identifier: Apache-2.0
(data.kind === "run" ? showRun : showSweep)();
showConfig();
document.documentElement.dataset.ready = "yes";
