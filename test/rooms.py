"""The house is as its maps say: rooms.py SOURCE-TREE

lib/README.md and daemon/README.md list the rooms from the top down, test/README.md its folders. A file includes only files of its own
room and of rooms below, no files include each other in a circle, and a static function's name stands for one
function in the whole program, so that a backtrace, a breakpoint or grep finds it. Prints one line for each
thing that is not so, and fails if there is any.
"""
import collections
import pathlib
import re
import sys

TREE = pathlib.Path(sys.argv[1])
problems = []


def rooms_of(top):
    """In the order of the map, the highest first."""
    return re.findall(r"^\| `([a-z]+)/` ", (TREE / top / "README.md").read_text(), re.M)


def check_map(top):
    folders = {path.name for path in (TREE / top).iterdir()
               if path.is_dir() and path.name != "__pycache__"}
    rooms = rooms_of(top)
    problems.extend(f"{top}/README.md: {room}/ is missing" for room in sorted(folders - set(rooms)))
    problems.extend(f"{top}/README.md: there is no {room}/" for room in sorted(set(rooms) - folders))


def read_sources():
    """Path below the tree: text without comments."""
    sources = {}
    for top in ("lib", "daemon"):
        for path in sorted((TREE / top).rglob("*.[ch]")):
            text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.S)
            sources[path.relative_to(TREE).as_posix()] = text
    return sources


def includes_of(path, text, sources):
    for name in re.findall(r'^#include "([^"]+)"', text, re.M):
        found = [f"{top}/{name}" for top in (path.split("/")[0], "lib", "daemon")
                 if f"{top}/{name}" in sources]
        if found:
            yield found[0]
        else:
            problems.append(f"{path}: {name} is no file below lib/ or daemon/: write ROOM/NAME.h")


def level_of(path, order):
    """Higher is further up. What stands in no room is on top of its house."""
    top, *folders, _ = path.split("/")
    return order[top, folders[0]] if folders else order[top, ""]


def check_arrows(sources):
    order, n = {}, 0
    for top in ("lib", "daemon"):
        for room in reversed(rooms_of(top)):
            order[top, room] = n = n + 1
        order[top, ""] = n = n + 1
    arrows = {path: sorted(set(includes_of(path, text, sources))) for path, text in sources.items()}
    for path, others in arrows.items():
        problems.extend(f"{path} includes {other}, which lies above it" for other in others
                        if level_of(other, order) > level_of(path, order))
    return arrows


def check_circles(arrows):
    """A module is its .c and .h together."""
    modules = collections.defaultdict(set)
    for path, others in arrows.items():
        modules[path[:-2]] |= {other[:-2] for other in others} - {path[:-2]}
    state, trail = {}, []

    def visit(module):
        state[module] = "open"
        trail.append(module)
        for other in sorted(modules[module]):
            if state.get(other) == "open":
                problems.append("a circle: " + " -> ".join(trail[trail.index(other):] + [other]))
            elif other not in state:
                visit(other)
        trail.pop()
        state[module] = "done"

    for module in sorted(modules):
        if module not in state:
            visit(module)


def check_statics(sources):
    where = collections.defaultdict(set)
    for path, text in sources.items():
        for name in re.findall(r"^static [^;={}()]*?\b(\w+)\(", text, re.M):
            if name != "printf_like":  # an attribute
                where[name].add(path)
    for name, paths in sorted(where.items()):
        if len(paths) > 1:
            problems.append(f"static {name}() stands in {', '.join(sorted(paths))}: choose names of their own")


def main():
    sources = read_sources()
    assert len(sources) > 100, "is this the tree?"
    for top in ("lib", "daemon", "test"):
        check_map(top)
    check_circles(check_arrows(sources))
    check_statics(sources)
    for problem in problems:
        print(problem)
    sys.exit(bool(problems))


main()
