/*
 * The premise that outlives a crash: which absences are unbans. Two bans, each in a set of its own;
 * the daemon commits, makes the sets, sends, records, hears, lists, and may be killed at any step;
 * somebody deletes an element, removes a set, or loads one again with what it held once; notices
 * are lost. Exhaustive: see run.
 *
 * A set is known by its handle; a handle is never used twice. What is written down (durable) is the
 * ban, whether it was lifted, and the handle of the set that held all bans when it was recorded.
 *
 * Properties, for each ban:
 *   lost       it is lifted, and nobody deleted its element since it was put in
 *   forgotten  all is at rest, the deletion was from the very set that is on record, and it runs
 *   absent     all is at rest, it runs, and its element is not in the kernel
 *
 * -DBROKEN: an element that is absent is an unban, whichever set it is absent from.
 */
#define N          2
#define MAX_HANDLE 4  /* how often a set is made, at most */
#define MAX_HANDS  3  /* what somebody does, at most, to both */
#define MAX_DEATHS 2

/* durable */
bool d_decided[N], d_placed[N], d_lifted[N];
byte d_filled[N];

/* memory; gone with the daemon */
bool m_decided[N], m_placed[N], m_lifted[N];
byte m_filled[N];
byte installed[N];  /* the handle that the last install told of, 0: none */
bool wrote, lost;

/* kernel */
byte handle[N];     /* 0: the set does not stand */
byte last[N];       /* that was used */
bool there[N];      /* the element */
bool waits_del[N], waits_damage[N], waits_restored[N]; /* notices */

/* ghosts: what an administrator knows */
bool unban[N];      /* somebody deleted the element */
bool counts[N];     /* ... of a set that is on record, durably, with the ban; and it stands */
byte hands, deaths;

bool alive, rests;

inline save() {
	d_step {
		d_decided[0] = m_decided[0]; d_decided[1] = m_decided[1];
		d_placed[0] = m_placed[0];   d_placed[1] = m_placed[1];
		d_lifted[0] = m_lifted[0];   d_lifted[1] = m_lifted[1];
		d_filled[0] = m_filled[0];   d_filled[1] = m_filled[1];
	}
}

inline lift(i) {
	d_step {
		assert(unban[i]);	/* lost */
		m_lifted[i] = true;
	}
}

/* Somebody, at any time. */
active [N] proctype hand()
{
	byte me = _pid;

	do
	:: atomic { !rests && hands < MAX_HANDS && handle[me] != 0 ->
		hands++;
		if
		:: there[me] ->	/* nft delete element, or flush set */
			there[me] = false;
			unban[me] = true;
			counts[me] = d_placed[me] && d_filled[me] == handle[me];
			waits_del[me] = alive
		:: true ->		/* delete set; its element goes without a word */
			handle[me] = 0;
			there[me] = false;
			counts[me] = false;
			waits_damage[me] = alive
		:: last[me] < MAX_HANDLE ->	/* made anew in one transaction, empty or from a file */
			last[me]++;
			handle[me] = last[me];
			counts[me] = false;
			waits_damage[me] = alive;
			if
			:: there[me] = false
			:: there[me] = true; waits_restored[me] = alive
			fi
		fi }
	:: atomic { !rests && alive && hands < MAX_HANDS && (waits_del[me] || waits_damage[me] || waits_restored[me]) ->
		hands++;	/* the queue ran over */
		waits_del[0] = false; waits_del[1] = false;
		waits_damage[0] = false; waits_damage[1] = false;
		waits_restored[0] = false; waits_restored[1] = false;
		lost = true }
	:: atomic { rests -> break }
	od
}

/* May die here. */
#define STEP	if :: atomic { deaths < MAX_DEATHS && !rests -> deaths++; goto dead } :: true fi

inline install() {
	i = 0;
	do
	:: i < N ->
		atomic {
			if
			:: handle[i] == 0 -> assert(last[i] < 200); last[i]++; handle[i] = last[i]; there[i] = false
			:: else
			fi;
			installed[i] = handle[i]
		}
		STEP;
		i++
	:: else -> break
	od
}

/* What is not known to be in its set is put there; then its set is on record. */
inline fill() {
	i = 0;
	do
	:: i < N ->
		if
		:: m_decided[i] && !m_lifted[i] && (!m_placed[i] || m_filled[i] != installed[i]) ->
			STEP;
			atomic {
				if
				:: handle[i] == 0 -> fine[i] = false	/* refused: no such set */
				:: else ->
					/* an unban that we cannot know of any more is undone */
					if :: m_filled[i] != handle[i] || !m_placed[i] -> counts[i] = false :: else fi;
					there[i] = true; wrote = true;
					m_placed[i] = true; fine[i] = true
				fi
			}
		:: else -> fine[i] = true
		fi;
		STEP;
		i++
	:: else -> break
	od;
	atomic {
		if :: fine[0] -> m_filled[0] = installed[0] :: else fi;
		if :: fine[1] -> m_filled[1] = installed[1] :: else fi
	}
	STEP;
	save();
	STEP
}

/* Listed and asked for, then identified. */
inline list() {
	i = 0;
	do
	:: i < N ->
		missing = m_decided[i] && m_placed[i] && !m_lifted[i] && handle[i] != 0 && !there[i];
		STEP;
		atomic {
			if
#ifdef BROKEN
			:: missing -> lift(i)
#else
			:: missing && handle[i] == m_filled[i] -> lift(i)
#endif
			:: else
			fi;
			missing = false
		}
		i++
	:: else -> break
	od;
	STEP
}

inline settle() {
	i = 0;
	do
	:: i < N ->
		atomic {
			if
			:: touched[i] && m_lifted[i] && there[i] -> there[i] = false; wrote = true
			/* the notice may be lost */
			:: touched[i] && m_decided[i] && !m_lifted[i] && !there[i] && handle[i] != 0 && handle[i] == m_filled[i] ->
				lift(i)
			/* of a set that is not on record: the notice of its damage waits */
			:: else
			fi;
			touched[i] = false
		}
		STEP;
		i++
	:: else -> break
	od
}

active proctype daemon()
{
	byte i;
	bool missing, fine[N], touched[N], quiet;

start:	alive = true;
	install();
	list();
	fill();
	settle();
	do
	/* the engine decides: durable first, then sent */
	:: atomic { !m_decided[0] -> m_decided[0] = true }
		save(); STEP; fill()
	:: atomic { m_decided[0] && !m_decided[1] -> m_decided[1] = true }
		save(); STEP; fill()
	/* notices, in the order of their making as far as it matters: a deletion is of an element that
	 * stood, so it was before its set went */
	:: atomic { waits_del[0] -> waits_del[0] = false;
		if :: m_decided[0] && !m_lifted[0] -> lift(0); touched[0] = touched[0] || wrote :: else fi }
		STEP
	:: atomic { waits_del[1] -> waits_del[1] = false;
		if :: m_decided[1] && !m_lifted[1] -> lift(1); touched[1] = touched[1] || wrote :: else fi }
		STEP
	:: atomic { waits_restored[0] -> waits_restored[0] = false; touched[0] = true }
	:: atomic { waits_restored[1] -> waits_restored[1] = false; touched[1] = true }
	:: atomic { (waits_damage[0] || waits_damage[1]) -> waits_damage[0] = false; waits_damage[1] = false }
		STEP; install(); fill()
	:: atomic { lost -> lost = false }
		STEP; install(); list(); fill()
	/* all was read: what is left to settle, and the commit */
	:: atomic { !waits_del[0] && !waits_del[1] && !waits_damage[0] && !waits_damage[1] && !waits_restored[0] &&
		    !waits_restored[1] && !lost -> wrote = false }
		settle();
		save();
		STEP
	/* nobody does anything any more */
	:: atomic { m_decided[0] && m_decided[1] && !waits_del[0] && !waits_del[1] && !waits_damage[0] && !waits_damage[1] &&
		    !waits_restored[0] && !waits_restored[1] && !lost && !touched[0] && !touched[1] &&
		    d_lifted[0] == m_lifted[0] && d_lifted[1] == m_lifted[1] -> rests = true }
		assert(!(counts[0] && !m_lifted[0]) && !(counts[1] && !m_lifted[1]));	/* forgotten */
		assert(m_lifted[0] || (handle[0] != 0 && there[0]));	/* absent */
		assert(m_lifted[1] || (handle[1] != 0 && there[1]));
		goto end
	od;

dead:	atomic {
		alive = false;
		m_decided[0] = d_decided[0]; m_decided[1] = d_decided[1];
		m_placed[0] = d_placed[0];   m_placed[1] = d_placed[1];
		m_lifted[0] = d_lifted[0];   m_lifted[1] = d_lifted[1];
		m_filled[0] = d_filled[0];   m_filled[1] = d_filled[1];
		installed[0] = 0; installed[1] = 0;
		waits_del[0] = false; waits_del[1] = false;
		waits_damage[0] = false; waits_damage[1] = false;
		waits_restored[0] = false; waits_restored[1] = false;
		touched[0] = false; touched[1] = false;
		wrote = false; lost = false; missing = false; i = 0
	}
	goto start;
end:	skip
}
