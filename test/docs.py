"""What users read says what there is: verbs, options, keys, message ids and fields, both ways.

    docs.py BANISH SOURCE-TREE

Prints one line for each thing that is missing somewhere, and fails if there is any.
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

banish, tree = sys.argv[1], pathlib.Path(sys.argv[2])
packaging = tree / 'packaging'
problems = []

STUB = ('{"name": "%s", "journal": [{"_SYSTEMD_UNIT": "x.service"}],'
        ' "events": [{"name": "x", "pattern": "^(?<address>.*)$"}],'
        ' "examples": [{"message": "192.0.2.1", "event": "x"}]}')


def compare(what, code, texts):
    """Each text (name: set of words) holds exactly the words of the code."""
    for name, words in texts.items():
        problems.extend(f'{name}: {what} {word} is missing' for word in sorted(code - words))
        problems.extend(f'{name}: there is no {what} {word}' for word in sorted(words - code))


def read(path):
    return (tree / path).read_text()


def output(*arguments):
    return subprocess.run([banish, *arguments], capture_output=True, text=True, check=True).stdout


def section(page, name):
    """The text of one .Sh or .Ss whose title begins with `name`."""
    found = re.search(rf'^\.S[hs] "?{re.escape(name)}\b.*\n((?:(?!\.S[hs] ).*\n)*)', page, re.M)
    return found.group(1) if found else ''


def macro_words(text, macro):
    """`.It Cm address , user` -> address, user; nested calls are macros themselves and stay out."""
    words = set()
    for arguments in re.findall(rf'^\.It {macro} (.*)$', text, re.M):
        words |= {word for word in arguments.split() if re.fullmatch(r'[$]?[a-z_]+\d*', word)}
    return words


def check_verbs():
    page = read('packaging/man/banish.8')
    bash, zsh, fish = (read(f'packaging/completions/{name}') for name in ('banish', '_banish', 'banish.fish'))
    verbs = set(re.findall(r'^  ([a-z]+) ', output('--help'), re.M))
    compare('verb', verbs, {
        'banish.8': set(re.findall(r'^\.Ss banish ([a-z]+)', page, re.M)),
        'completions/banish': set(re.findall(r"^\t\[(\w+)\]='", bash, re.M)),
        'completions/_banish': set(re.findall(r"^\t\t['\"](\w+):", zsh, re.M)),
        'completions/banish.fish': set(re.findall(r'_use_subcommand -a (\w+)', fish)),
    })
    fish_options = re.findall(r"_from ([a-z ]+)' -l ([a-z-]+)", fish)
    shared = {name: set(re.findall(r'--([a-z-]+)', body))
              for name, body in re.findall(r"^\t(\w+)=\(((?:[^()']|'[^']*')*)\)$", zsh, re.M)}
    for verb in sorted(verbs):
        options = set(re.findall(r'^  --([a-z-]+)', output(verb, '--help'), re.M))
        text = section(page, f'banish {verb}')
        told = set(re.findall(r'Fl -([a-z-]+)', text)) | {'help'}
        found = re.search(rf'^\t\t{verb}\)((?:(?!;;)[\s\S])*);;', zsh, re.M)
        body = found.group(1) if found else ''
        listed = set(re.findall(r"'--([a-z-]+)", body))
        for name in re.findall(r'\$(\w+)', body):
            listed |= shared.get(name, set())
        found = re.search(rf"^\t\[{verb}\]='(.*)'", bash, re.M)
        compare('option', {f'{verb} --{option}' for option in options}, {
            'banish.8': {f'{verb} --{option}' for option in told},
            'completions/banish': {f'{verb} {option}'
                                   for option in (found.group(1).split() if found else [])},
            'completions/_banish': {f'{verb} --{option}' for option in listed},
            'completions/banish.fish': {f'{verb} --{option}' for words, option in fish_options
                                        if verb in words.split()} | {f'{verb} --help'},
        })


def check_messages():
    ids = r'\b[0-9a-f]{32}\b'
    page = read('packaging/man/banish.fields.7')
    kinds = set(re.findall(ids, read('daemon/io/log.h')))
    compare('MESSAGE_ID', kinds, {
        'banish.catalog': set(re.findall(rf'^-- ({ids})$', read('packaging/banish.catalog'), re.M)),
        'banish.fields.7': set(re.findall(rf'^\.It ({ids})$', page, re.M)),
    })
    unit = 'packaging/banish-notify@.service.in'
    problems.extend(f'{unit}: there is no MESSAGE_ID {each}'
                    for each in set(re.findall(ids, read(unit))) - kinds)
    code = ''.join(path.read_text() for folder in ('lib', 'daemon')
                   for path in sorted((tree / folder).rglob('*.c')))
    fields = set(re.findall(r'\bBANISH_[A-Z_]+\b', code))
    asked = r'\b(?:entry_field|entry_text|copy_field|fields_add|has_value)\([^;"]*"([A-Z_]+)'
    compare('field', fields, {
        'banish.fields.7': set(re.findall(r'\bBANISH_[A-Z_]+\b', page)),
    })
    compare('field', set(re.findall(asked, code)) - fields, {
        'banish.fields.7, what is read': set(re.findall(r'_*[A-Z][A-Z_]+', ' '.join(re.findall(
            r'^\.It Ev (.*)$', section(page, 'FIELDS THAT BANISH READS'), re.M)))),
    })
    compare('metric', set(re.findall(r'"(banish_[a-z_]+)"', read('daemon/status/status-prometheus.c'))), {
        'banish.fields.7': set(re.findall(r'^\.It Cm (banish_\w+) ', page, re.M)),
    })
    unknown = set(re.findall(r'@(BANISH_[A-Z_]+)@', read('packaging/banish.catalog'))) - fields
    problems.extend(f'banish.catalog: there is no field {field}' for field in sorted(unknown))


def check_json():
    """What status and report print as JSON stands in their page."""
    page = read('packaging/man/banish.8')
    for verb, names in (('status', ['status/status-print', 'status/status-fleet', 'cli/history']),
                        ('report', ['report/report', 'report/report-lists'])):
        code = ''.join(read(f'daemon/{name}.c') for name in names)
        keys = set(re.findall(r'\bROW(?:_(?!SAID)[A-Z_]+)?\(\s*"([a-z_]+)"', code))
        keys |= set(re.findall(r'"what", "([a-z]+)"', code))
        keys |= set(re.findall(r'\.(?:what|key) = "([a-z]+)"', code))
        text = section(page, f'banish {verb}')
        assert {'what', 'jail', 'summary', 'failures', 'bans', 'since_usec'} <= keys, keys
        problems.extend(f'banish.8: {verb}: the key {key} is missing' for key in sorted(keys)
                        if not re.search(rf'\b{key}\b', text))


def table_keys(path, table):
    found = re.search(rf'struct json_key {table}\[\] = \{{((?:(?!\{{ 0 \}})[\s\S])*)\{{ 0 \}}',
                      read(path))
    return set(re.findall(r'\{ (?:\.name = )?"([^"]+)"', found.group(1)))


def check_keys():
    page = read('packaging/man/banish.json.5')
    keys = macro_words(section(page, 'KEYS OF THE FILE'), 'Cm')
    compare('key', table_keys('lib/config/policy-read.c', 'policy_keys') | table_keys('lib/config/policy-read.c', 'fleet_keys'),
            {'banish.json.5': keys})
    settings = set()
    for table in ('settings_keys', 'jail_keys', 'increment_keys', 'maxbans_keys', 'networks_keys',
                  'targets_keys'):
        settings |= table_keys('lib/config/policy-jail.c', table)
    keys = macro_words(section(page, 'SETTINGS'), 'Cm')
    compare('key', settings, {'banish.json.5': keys})

    page = read('packaging/man/banish.rules.5')
    for title, path, table in (('KEYS OF A RULE', 'lib/config/rule.c', 'rule_keys'),
                               ('KEYS OF AN EVENT', 'lib/config/event.c', 'event_keys'),
                               ('EXAMPLES IN A RULE', 'lib/config/rule.c', 'example_keys')):
        keys = macro_words(section(page, title), 'Cm')
        if table == 'event_keys':
            keys -= {'failure', 'success', 'note'}  # values of "outcome"
        compare('key', table_keys(path, table), {f'banish.rules.5, {title}': keys})
    names = re.search(r' names\[\] = \{([\s\S]*?)\};', read('lib/base/ports.c')).group(1)
    ports = re.search(r'Names are in lower case[\s\S]*?((?:^\.Cm .*\n)+)',
                      read('packaging/man/banish.json.5'), re.M).group(1)
    compare('port', set(re.findall(r'"([^"]+)"', names)),
            {'banish.json.5': set(re.findall(r'[a-z][\w-]*', ports.replace('.Cm', '')))})


def check_rules():
    """Where the shipped rules are listed, each is."""
    page = section(read('packaging/man/banish.rules.5'), 'SHIPPED RULES')
    example = re.search(r'banish/rules\.d: ([a-z0-9, /\n-]+)\.', read('packaging/banish.json.example')).group(1)
    compare('rule', {path.stem for path in (tree / 'rules').glob('*.json')}, {
        'banish.rules.5': set(re.findall(r'^\.It Cm (\S+)$', page, re.M)),
        'banish.json.example': set(re.findall(r'[a-z][a-z0-9-]*', example)),
    })


def whole_files(path):
    """The literals of a page that are whole files: an object that stands alone."""
    for literal in re.findall(r'^\.Bd -literal.*\n([\s\S]*?)^\.Ed', read(path), re.M):
        if literal.startswith('{') and literal.endswith('}\n'):
            yield literal.replace('\\e', '\\')


def check_files():
    """Whole files in the pages, and the example, are what `banish check` accepts."""
    policies = list(whole_files('packaging/man/banish.json.5'))
    stacks = list(whole_files('packaging/man/banish-containers.7'))
    assert len(stacks) >= 7
    policies += stacks + [path.read_text() for path in packaging.glob('*.json.example')]
    rules = [text for text in whole_files('packaging/man/banish.rules.5') if '"examples"' in text]
    assert len(policies) >= 3 and rules
    for text in policies:
        try_files(text, {})
    for text in rules:
        name = re.search(r'"name": "([^"]+)"', text).group(1)
        try_files(json.dumps({'jails': {name: {}}}), {name: text})


def try_files(policy, rules):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder)
        (path / 'banish.json').write_text(policy)
        (path / 'rules.d').mkdir()
        # the shipped rules prove themselves elsewhere, here their names will do
        shipped = {rule.stem: STUB % rule.stem for rule in (tree / 'rules').glob('*.json')}
        for name, text in {**shipped, **rules}.items():
            (path / 'rules.d' / f'{name}.json').write_text(text)
        result = subprocess.run([banish, 'check', '--config', folder, '--rules', folder + '/none'],
                                capture_output=True, text=True)
        if result.returncode != 0:
            problems.append(f'this does not pass "banish check":\n{policy}{"".join(rules.values())}'
                            f'{result.stderr}')


def check_paths():
    """What README.md names of the tree is there."""
    for name in set(re.findall(r'`((?:lib|daemon|rules|packaging|test)/[\w./-]*)`',
                               read('README.md'))):
        if not (tree / name).exists():
            problems.append(f'README.md: there is no {name}')


def check_version():
    """meson.build has the version; what cannot ask it says the same."""
    version = output('--version').split()[-1]
    compare('version', {version}, {
        'NEWS.md': set(re.findall(r'^## ([\d.]+)$', read('NEWS.md'), re.M)[:1]),
        'debian/changelog': set(re.findall(r'^banish \(([\d.]+)-', read('packaging/debian/changelog'), re.M)[:1]),
        'banish.spec': set(re.findall(r'^Version: +(\S+)$', read('packaging/banish.spec'), re.M)),
    })


def check_faults():
    """Each row of the table of faults names its tests, and there they are."""
    rows = re.findall(r'^\|(?!---)(.*)\|$', read('test/README.md').partition('## Faults')[2], re.M)
    for row in rows[1:]:
        tests = re.findall(r'`([\w./-]+)::(\w+)`', row)
        if not tests:
            problems.append(f'test/README.md: no test: {row}')
        for path, name in tests:
            file = tree / 'test' / path
            if not file.exists() or not re.search(rf'^(def|static void) {name}\(', file.read_text(), re.M):
                problems.append(f'test/README.md: there is no {path}::{name}')
    if len(rows) < 2:
        problems.append('test/README.md: there is no table of faults')


for check in (check_verbs, check_messages, check_json, check_keys, check_files, check_rules, check_paths, check_version,
              check_faults):
    check()
print('\n'.join(problems))
sys.exit(1 if problems else 0)
