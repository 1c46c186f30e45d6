/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows the steps of a document: what each may say, and what it needs to have come before it. */
#include "scenario_reader.h"

#include <linux/kvm.h>
#include <stdlib.h>
#include <string.h>

/* ---- what steps need ------------------------------------------------------------------------- */

struct step_rule {
	bool is_known; /* a document may have it */
	bool has_vcpu;
	unsigned int needs, gives, takes;
};

#define ON_KVM .is_known = true, .needs = HAS_KVM
#define ON_VM .is_known = true, .needs = HAS_VM
#define ON_VCPU .is_known = true, .has_vcpu = true, .needs = HAS_VCPU

static const struct step_rule rules[STEP_COUNT] = {
	[STEP_OPEN] = { .is_known = true, .gives = HAS_KVM },
	[STEP_API_VERSION] = { ON_KVM },
	[STEP_CHECK_EXTENSION] = { ON_KVM },
	[STEP_SUPPORTED_CPUID] = { ON_KVM },
	[STEP_CREATE_VM] = { ON_KVM, .gives = HAS_VM },
	[STEP_SET_TSS_ADDR] = { ON_VM },
	[STEP_SET_IDENTITY_MAP] = { ON_VM },
	[STEP_CREATE_IRQCHIP] = { ON_VM, .gives = HAS_IRQCHIP },
	[STEP_CREATE_PIT] = { ON_VM | HAS_IRQCHIP },
	[STEP_MEMSLOT_ADD] = { ON_VM },
	[STEP_MEMSLOT_MOVE] = { ON_VM },
	[STEP_MEMSLOT_DELETE] = { ON_VM },
	[STEP_DIRTY_LOG] = { ON_VM },
	[STEP_CREATE_VCPU] = { ON_VM, .has_vcpu = true, .gives = HAS_VCPU },
	[STEP_MMAP_SIZE] = { ON_KVM, .gives = HAS_MMAP_SIZE },
	[STEP_MAP_VCPU] = { ON_VCPU | HAS_MMAP_SIZE, .gives = HAS_MAPPING },
	[STEP_LOAD_GUEST] = { .is_known = true, .gives = HAS_GUEST },
	[STEP_GET_SREGS] = { ON_VCPU, .gives = HAS_SREGS },
	[STEP_SET_SREGS] = { ON_VCPU | HAS_SREGS },
	[STEP_GET_REGS] = { ON_VCPU },
	[STEP_SET_REGS] = { ON_VCPU },
	[STEP_GET_CPUID] = { ON_VCPU | HAS_CPUID },
	[STEP_SET_CPUID] = { ON_VCPU, .gives = HAS_CPUID },
	[STEP_GET_MSRS] = { ON_VCPU },
	[STEP_SET_MSRS] = { ON_VCPU },
	[STEP_RUN] = { ON_VCPU | HAS_MAPPING | HAS_GUEST | HAS_MAIN_SLOT },
	[STEP_UNMAP_VCPU] = { ON_VCPU | HAS_MAPPING, .takes = HAS_MAPPING },
	[STEP_CLOSE_VCPU] = { ON_VCPU, .takes = HAS_VCPU },
	[STEP_CLOSE_VM] = { ON_VM, .takes = HAS_VM },
	[STEP_CLOSE] = { ON_KVM, .takes = HAS_KVM },
	[STEP_EXIT] = { .is_known = true },
};

/* The others may be given anew. */
#define ONCE (HAS_KVM | HAS_VM | HAS_IRQCHIP | HAS_VCPU | HAS_MAPPING)

static const char *giver_of(unsigned int missing)
{
	for (enum step_kind kind = 0; kind < STEP_COUNT; kind++) {
		if ((rules[kind].gives & missing) != 0)
			return step_words(kind)->name;
	}
	return "memslot-add of slot 0";
}

static bool follow(struct scenario_reader *reader, const struct step_place *place,
		   enum step_kind kind)
{
	const struct step_rule *rule = &rules[kind];
	const char *name = step_words(kind)->name;
	struct vcpu_state *vcpu = &reader->vcpus[place->vcpu];
	const unsigned int missing = rule->needs & ~(reader->has | vcpu->has);
	/* of one vCPU or of all: the bits of one kind stay 0 in the other */
	unsigned int *has = rule->has_vcpu ? &vcpu->has : &reader->has;
	unsigned int *had = rule->has_vcpu ? &vcpu->had : &reader->had;
	const unsigned int again = rule->gives & *had & ONCE;
	*has = (*has | rule->gives) & ~rule->takes;
	*had |= rule->gives;
	if (reader->is_blind)
		return true;
	if (missing != 0)
		return document_fail(&reader->document, place->spot,
				     "%s needs %s before it, that has not been undone", name,
				     giver_of(missing & -missing));
	if (again != 0)
		return document_fail(&reader->document, place->spot,
				     "%s is for once in a life (\"vms\" says how many lives)",
				     name);
	return true;
}

/* ---- vCPUs ----------------------------------------------------------------------------------- */

static bool read_mode(struct scenario_reader *reader, const struct step_place *place,
		      struct scenario_step *row)
{
	static const struct {
		const char *name;
		enum guest_mode mode;
	} modes[] = { { "long", MODE_LONG },
		      { "real", MODE_BIG_REAL },
		      { "protected", MODE_PROTECTED },
		      { "paged", MODE_PAGED } };
	const size_t count = sizeof(modes) / sizeof(modes[0]);
	const struct spot here = { place->spot, "mode", 0 };
	const json_t *value = json_object_get(place->object, "mode");
	struct vcpu_state *vcpu = &reader->vcpus[place->vcpu];
	size_t i = 0;
	while (value != NULL && i < count &&
	       (!json_is_string(value) || strcmp(json_string_value(value), modes[i].name) != 0))
		i++;
	if (i == count)
		return document_fail(&reader->document, &here,
				     "\"mode\" is long, real, protected or paged");
	row->mode = vcpu->mode = modes[i].mode;
	vcpu->was_set_up = true;
	vcpu->sregs_row = (size_t)(row - reader->rows);
	return true;
}

static void note_regs(struct scenario_reader *reader, const struct step_place *place,
		      const struct scenario_step *row)
{
	struct vcpu_state *vcpu = &reader->vcpus[place->vcpu];
	vcpu->has_regs = true;
	vcpu->is_lost = false;
	vcpu->regs_row = (size_t)(row - reader->rows);
}

static bool read_thread(struct scenario_reader *reader, const struct step_place *place,
			struct scenario_step *row)
{
	const struct spot here = { place->spot, "thread", 0 };
	if (!document_flag(&reader->document, place->spot, place->object, "thread",
			   &row->in_vcpu_thread))
		return false;
	/* what get-cpuid reads, it reads to where all vCPUs have it from */
	if (row->in_vcpu_thread && (!rules[row->kind].has_vcpu || row->kind == STEP_GET_CPUID))
		return document_fail(&reader->document, &here, "%s is not for a vCPU's own thread",
				     step_words(row->kind)->name);
	return true;
}

/* ---- a step ---------------------------------------------------------------------------------- */

struct scenario_step *add_row(struct scenario_reader *reader, enum step_kind kind)
{
	struct scenario_step *row = &reader->rows[reader->row_count++];
	*row = (struct scenario_step){ .kind = kind };
	return row;
}

static bool read_members(struct scenario_reader *reader, const struct step_place *place,
			 struct scenario_step *row)
{
	switch (row->kind) {
	case STEP_MEMSLOT_ADD:
	case STEP_MEMSLOT_MOVE:
	case STEP_MEMSLOT_DELETE:
	case STEP_DIRTY_LOG:
		return read_slot(reader, place, row);
	case STEP_CHECK_EXTENSION:
		row->capability = KVM_CAP_USER_MEMORY;
		row->capability_name = "KVM_CAP_USER_MEMORY";
		return true;
	case STEP_SET_SREGS:
		return read_mode(reader, place, row);
	case STEP_SET_REGS:
		note_regs(reader, place, row);
		return true;
	case STEP_SET_CPUID:
	case STEP_GET_CPUID:
		row->index = LEAF_EXTENDED;
		return true;
	case STEP_SET_MSRS:
		reader->vcpus[place->vcpu].pat = PAT_BEFORE;
		/* fall through */
	case STEP_GET_MSRS:
		row->index = MSR_PAT;
		row->expect = (struct amount)FIXED(reader->vcpus[place->vcpu].pat);
		return true;
	case STEP_RUN:
		return read_run(reader, place, row);
	default:
		return true;
	}
}

static bool check_members(struct scenario_reader *reader, const struct step_place *place,
			  enum step_kind kind)
{
	static const char *const all[] = { "step",  "thread",	 "vcpu", "slot",
					   "pages", "log_dirty", "mode", "guest" };
	const struct {
		const char *key;
		bool is_for_it;
	} some[] = { { "vcpu", rules[kind].has_vcpu },
		     { "slot", kind == STEP_MEMSLOT_ADD || kind == STEP_MEMSLOT_MOVE ||
				       kind == STEP_MEMSLOT_DELETE || kind == STEP_DIRTY_LOG },
		     { "pages", kind == STEP_MEMSLOT_ADD },
		     { "log_dirty", kind == STEP_MEMSLOT_ADD },
		     { "mode", kind == STEP_SET_SREGS },
		     { "guest", kind == STEP_RUN } };
	bool is_right = document_keys(&reader->document, place->spot, (json_t *)place->object, all,
				      sizeof(all) / sizeof(all[0]));
	for (size_t i = 0; i < sizeof(some) / sizeof(some[0]); i++) {
		const struct spot here = { place->spot, some[i].key, 0 };
		if (!some[i].is_for_it && json_object_get(place->object, some[i].key) != NULL)
			is_right = document_fail(&reader->document, &here, "%s has no \"%s\"",
						 step_words(kind)->name, some[i].key);
	}
	return is_right;
}

static enum step_kind find_kind(const char *name)
{
	enum step_kind kind = 0;
	while (kind < STEP_COUNT && strcmp(step_words(kind)->name, name) != 0)
		kind++;
	return kind;
}

static bool read_vcpu(struct scenario_reader *reader, struct step_place *place)
{
	uint64_t vcpu = 0;
	if (!document_number(&reader->document, place->spot, place->object, "vcpu",
			     MACHINE_VCPUS - 1, &vcpu))
		return false;
	place->vcpu = (uint32_t)vcpu;
	if (vcpu >= reader->vcpu_count)
		reader->vcpu_count = (uint32_t)vcpu + 1;
	return true;
}

static bool read_step(struct scenario_reader *reader, struct step_place *place)
{
	struct document *document = &reader->document;
	if (!json_is_object(place->object))
		return document_fail(document, place->spot,
				     "a step is told as {\"step\": \"create-vm\"}");
	const char *name = document_word(document, place->spot, place->object, "step");
	const enum step_kind kind = name != NULL ? find_kind(name) : STEP_COUNT;
	reader->is_blind = reader->is_blind || kind == STEP_COUNT;
	if (name == NULL)
		return false;
	if (kind == STEP_COUNT || !rules[kind].is_known)
		return document_fail(
			document, place->spot,
			kind == STEP_COUNT ? "\"%.40s\" is no step (see kvmgraph vmm --describe)"
					   : "\"%.40s\" is for the built-in scenarios alone, whose "
					     "guests are known",
			name);
	if (reader->has_exit)
		return document_fail(document, place->spot, "nothing comes after exit");
	reader->has_exit = kind == STEP_EXIT;
	const bool has_members = check_members(reader, place, kind);
	const bool has_vcpu = read_vcpu(reader, place);
	const bool is_possible = follow(reader, place, kind);
	if (!has_members || !has_vcpu || !is_possible)
		return false;
	struct scenario_step *row = add_row(reader, kind);
	row->vcpu = place->vcpu;
	row->times = rules[kind].has_vcpu ? TIMES_ONE_VCPU : TIMES_ONCE;
	return read_thread(reader, place, row) && read_members(reader, place, row);
}

bool read_steps(struct scenario_reader *reader, const json_t *steps)
{
	const struct spot all = { NULL, "steps", 0 };
	const size_t count = json_array_size(steps);
	bool is_right = true;
	if (!json_is_array(steps) || count < 1 || count > STEPS_MOST)
		return document_fail(&reader->document, steps != NULL ? &all : NULL,
				     "\"steps\" is a list of 1 to %d steps", STEPS_MOST);
	/* a run may take two */
	reader->rows = calloc(count, 2 * sizeof(*reader->rows));
	reader->regs_rows = calloc(count, sizeof(*reader->regs_rows));
	reader->program.runs = calloc(count, sizeof(*reader->program.runs));
	if (reader->rows == NULL || reader->regs_rows == NULL || reader->program.runs == NULL)
		return document_short(&reader->document);
	for (size_t i = 0; i < count; i++) {
		const struct spot here = { &all, NULL, i };
		struct step_place place = { .spot = &here,
					    .object = json_array_get(steps, i),
					    .index = i };
		if (!read_step(reader, &place))
			is_right = false;
	}
	return is_right;
}
