using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Ksmg.Sdk.Tests.Conventions;

/// <summary>Words for people stand in the file of their assembly, so that another language is another file.</summary>
public sealed partial class WordsTests
{
    /// <summary>What reads like a sentence and is for no reader of ours, by the file or the folder it stands in.</summary>
    private static readonly (string File, string Text, string Why)[] NotForPeople =
    [
        ("AdapterShape.cs", "", "A guard for who writes an adapter."),
        ("CertificateFault.cs", "yyyy", "A format."),
        ("CefHeader.cs", "Kaspersky", "Wire: what the appliance calls itself."),
        ("Clues.cs", "", "Names and words by which calls and fields are recognised."),
        ("ConnectionFault.cs", "", "What TLS libraries say."),
        ("EnvelopeDrafter.cs", "error && {", "JMESPath."),
        ("GatheringStream.cs", "", "A guard for who calls a stream."),
        ("HarReader.cs", "form-data", "Wire: how a field of a form begins."),
        ("HaProxyAnswers.cs", "no check", "Wire: a state of HAProxy."),
        ("HaProxyLoadBalancer.cs", "", "Wire: commands and answers of HAProxy."),
        ("Leftovers.cs", "", "Names of folders."),
        ("KnownDefect.cs", "by hand", "A word of the file of known defects."),
        ("LibvirtSnapshotProvider.cs", "no domain snapshot", "What libvirt says."),
        ("NodeCookie.cs", "jan feb", "Wire: months of a cookie."),
        ("FileFrame.cs", "Content-Disposition", "Wire: the head of an upload."),
        ("PlanMermaid.cs", "flowchart TD", "Mermaid."),
        ("ReportPage.cs", "", "HTML: the head of a page."),
        ("ReportTimeLine.cs", "line-title", "HTML: names within a page."),
        ("ReportTimeLine.cs", "MM-dd", "A format."),
        ("RemoteScript.cs", "", "Programs for a shell."),
        ("SshKey.cs", "PUBLIC KEY", "How files with public keys begin."),
        ("SecretFilter.cs", "", "Words that are no secrets."),
        ("SmtpSender.cs", "", "Wire: commands of SMTP."),
        ("SimulatorMailProbe.cs", "", "Wire: commands and a message of SMTP."),
        ("SshConfigurationFiles.cs", "", "What ssh says, and what a shell is told."),
        ("src/Ksmg.Simulator/Balancer/", "", "What the simulated balancer answers."),
        ("src/Ksmg.Simulator/Control/", "", "What the control URL answers."),
        ("src/Ksmg.Simulator/Https/", "", "What simulated nodes answer."),
        ("src/Ksmg.Sdk.Fleet/Postgres/Database.cs", "Command Timeout", "A setting of Npgsql."),
        ("src/Ksmg.Sdk.Fleet/Postgres/Database.cs", "SSL Mode", "A setting of Npgsql."),
        ("src/Ksmg.Sdk.Fleet/Postgres/Database.cs", "TCP Keepalive", "A setting of Npgsql."),
        ("src/Ksmg.Sdk.Fleet/Postgres/Statements.cs", "", "SQL."),
        ("src/Ksmg.Sdk.Fleet/Words/Words.cs", "", "Why a rule of the compiler is not followed."),
        ("src/Ksmg.Simulator/Mail/", "", "What simulated nodes and the next hop answer."),
        ("src/Ksmg.Simulator/Pages/", "export const", "The script of a page."),
        ("src/Ksmg.Simulator/Postfix/", "", "Wire: the settings of Postfix."),
        ("src/Ksmg.Simulator/Fleet/FleetWatcher.cs", "", "Findings of a watcher, for who writes a test."),
        ("src/Ksmg.Simulator/SimulatedFaults.cs", "", "What simulated nodes answer under a fault."),
        ("src/Ksmg.Simulator/Syslog/", "", "What simulated nodes tell."),
        ("src/Ksmg.Simulator/VirtualTimeProvider.cs", "", "A guard for who writes a test."),
        ("src/Ksmg.Simulator/World/", "", "What simulated nodes answer, and what the control URL tells of violations."),
        ("UnifiedDiff.cs", "", "What diff says."),
    ];

    /// <summary>Calls whose texts are for programmers and programs.</summary>
    private static readonly string[] ForProgrammers =
    [
        "LoggerMessage", "CreateCounter", "CreateGauge", "CreateHistogram", "CreateUpDownCounter", "new ArgumentException",
        "new ArgumentOutOfRangeException", "new InvalidOperationException", "new NotSupportedException", "new UnreachableException",
    ];

    private static readonly string[] Spoken =
        ["Ksmg.Sdk", "Ksmg.Sdk.Dialects", "Ksmg.Sdk.Fleet", "Ksmg.Sdk.Infrastructure", "Ksmg.Simulator", "Ksmg.Web", "Ksmg.Web.Fleet", "Ksmg.Cli"];

    private static readonly Dictionary<string, Lazy<(string Path, IReadOnlyList<SourceText> Texts, IReadOnlyList<SourceCall> Calls)[]>> Read =
        Spoken.ToDictionary(
            assembly => assembly,
            assembly => new Lazy<(string, IReadOnlyList<SourceText>, IReadOnlyList<SourceCall>)[]>(() => ReadAll(assembly)));

    public static TheoryData<string> Assemblies => [.. Spoken];

    [Theory]
    [MemberData(nameof(Assemblies))]
    public void A_sentence_stands_among_the_words_and_not_in_code(string assembly)
    {
        var sentences =
            from source in Sources(assembly)
            from text in source.Texts
            where Sentence().IsMatch(text.Value) && !CommandLine().IsMatch(text.Value) && !text.Within.Any(IsForProgrammers)
                && !NotForPeople.Any(e => IsIn(source.Path, e.File) && text.Value.Contains(e.Text, StringComparison.Ordinal))
            select $"{source.Path}:{text.Line}: {text.Value}";

        Assert.True(!sentences.Any(), string.Join('\n', sentences));
    }

    [Fact]
    public void Nothing_is_excepted_that_is_not_there() => Assert.Empty(NotForPeople
        .Where(e => !Spoken.SelectMany(Sources)
            .Any(s => IsIn(s.Path, e.File) && s.Texts.Any(t => Sentence().IsMatch(t.Value) && t.Value.Contains(e.Text, StringComparison.Ordinal))))
        .Select(e => e.File));

    [Theory]
    [MemberData(nameof(Assemblies))]
    public void Every_key_has_words_with_a_place_for_each_argument(string assembly)
    {
        Dictionary<string, string> words = Words(assembly);
        List<string> wrong = [];
        foreach ((string path, _, IReadOnlyList<SourceCall> calls) in Sources(assembly))
        {
            foreach (SourceCall call in calls.Where(c => c.Callee is "Words.Get" or "Words.Count" or "Message.Of"))
            {
                string[] keys =
                [
                    .. call.First.Where(k => Key().IsMatch(k))
                        .SelectMany(k => call.Callee == "Words.Count" || words.ContainsKey(k + ".one") ? new[] { k + ".one", k + ".other" } : [k]),
                ];
                wrong.AddRange(keys.Where(key => !words.ContainsKey(key)).Select(key => $"{path}:{call.Line}: there are no words for {key}"));

                // Of several texts to choose from one needs all arguments.
                int places = keys.Where(words.ContainsKey).Select(key => Places(words[key])).DefaultIfEmpty(call.Arguments - 1).Max();
                if (places != call.Arguments - 1)
                {
                    wrong.Add($"{path}:{call.Line}: {string.Join(", ", keys)}: {places} places for {call.Arguments - 1} arguments");
                }
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Theory]
    [MemberData(nameof(Assemblies))]
    public void Every_text_is_used(string assembly)
    {
        string[] texts =
        [
            .. Sources(assembly).SelectMany(s => s.Texts).Select(t => t.Value),
            .. SourceTexts.Read(File.ReadAllText(Repository.PathOf("src/Ksmg.Sdk/Words/WordFile.cs"))).Texts.Select(t => t.Value),
        ];
        HashSet<string> named = [.. texts];
        string[] begun = [.. texts.Select(t => Begun().Match(t).Value).Where(t => t.Length > 0).Distinct()];
        IEnumerable<string> unused = Words(assembly).Keys.Where(key =>
            !named.Contains(key) && !named.Contains(Form().Replace(key, string.Empty)) && !begun.Any(b => key.StartsWith(b, StringComparison.Ordinal)));

        Assert.True(!unused.Any(), string.Join('\n', unused));
    }

    [Theory]
    [MemberData(nameof(Assemblies))]
    public void A_file_of_words_names_its_language_and_its_units_of_time(string assembly) =>
        Assert.All(["language", "time.days", "time.hours", "time.minutes", "time.seconds"], key => Assert.Contains(key, Words(assembly)));

    private static bool IsIn(string path, string file) =>
        path.EndsWith('/' + file, StringComparison.Ordinal) || path.StartsWith(file, StringComparison.Ordinal);

    private static bool IsForProgrammers(string callee) =>
        ForProgrammers.Any(p => callee == p || callee.Split('<')[0].EndsWith('.' + p, StringComparison.Ordinal));

    private static int Places(string text) => Place().Matches(text).Select(m => int.Parse(m.Groups["place"].Value)).DefaultIfEmpty(-1).Max() + 1;

    private static Dictionary<string, string> Words(string assembly) =>
        XDocument.Load(Repository.PathOf("src", assembly, "Words", "Words.resx")).Root!.Elements("data")
            .ToDictionary(data => data.Attribute("name")!.Value, data => data.Element("value")!.Value, StringComparer.Ordinal);

    private static (string Path, IReadOnlyList<SourceText> Texts, IReadOnlyList<SourceCall> Calls)[] Sources(string assembly) => Read[assembly].Value;

    private static (string Path, IReadOnlyList<SourceText> Texts, IReadOnlyList<SourceCall> Calls)[] ReadAll(string assembly) =>
    [
        .. from path in Repository.Files("src/" + assembly, "*.cs")
           let read = SourceTexts.Read(File.ReadAllText(Repository.PathOf(path)))
           select (path, read.Texts, read.Calls),
    ];

    /// <summary>Two words in a row.</summary>
    [GeneratedRegex(@"\p{L}{2,}[,;:.]? \p{L}{2,}", RegexOptions.None, 10_000)]
    private static partial Regex Sentence();

    /// <summary>What people paste into a shell, and programs read.</summary>
    [GeneratedRegex("^ksmg [a-z{]", RegexOptions.None, 10_000)]
    private static partial Regex CommandLine();

    [GeneratedRegex(@"^[a-z][\w-]*\.[\w.-]*[\w]$", RegexOptions.None, 10_000)]
    private static partial Regex Key();

    /// <summary>The beginning of a key that code completes: <c>"table." + column</c>, <c>$"step.{id}"</c>.</summary>
    [GeneratedRegex(@"^[a-z][\w-]*\.(?=$|\{\}|[\w-]+\.(?:$|\{\}))(?:[\w-]+\.)?", RegexOptions.None, 10_000)]
    private static partial Regex Begun();

    [GeneratedRegex(@"\.(?:one|few|many|other)$", RegexOptions.None, 10_000)]
    private static partial Regex Form();

    [GeneratedRegex(@"(?<!\{)(?:\{\{)*\{(?<place>\d+)[^{}]*\}", RegexOptions.None, 10_000)]
    private static partial Regex Place();
}
