/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Parts of a scenario as JSON. */
#ifndef RENDER_JSON_SCENARIO_H
#define RENDER_JSON_SCENARIO_H

#include "render/json.h"

json_t *value_step(const struct kg_scenario *scenario, const struct kg_step *step);
/* The built-in scenario that does the same, or null. */
json_t *value_like(const struct kg_scenario_words *words);
json_t *value_chosen(const struct kg_scenario *scenario, const struct kg_scenario_words *words);

#endif
