using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Ksmg.Cli;
using Ksmg.Cli.Runs;
using Ksmg.Sdk.Http;
using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests.Conventions;

/// <summary>
/// What is written, sent, read and, in English, shown is the same in every culture: no machine's settings decide over a run, and what one
/// machine wrote another one reads.
/// </summary>
public sealed partial class CultureTests : IDisposable
{
    private static readonly DateTimeOffset At = new(2026, 11, 27, 3, 30, 0, TimeSpan.Zero);

    private readonly PackageFolder _folder = new();

    /// <summary>Decimal commas, dotted and dotless i, other signs of minus, and calendars in which this year is 1405, 1448 and 2569.</summary>
    public static TheoryData<string> Cultures => ["de-DE", "ru-RU", "tr-TR", "ar-SA", "fa-IR", "th-TH"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void These_tests_run_with_real_cultures() => Assert.True(
        (1.5.ToString(Find("de-DE")), "i".ToUpper(Find("tr-TR")), At.ToString("yyyy", Find("th-TH"))) == ("1,5", "İ", "2569"),
        "This process runs without cultures: install ICU (libicu), and unset DOTNET_SYSTEM_GLOBALIZATION_INVARIANT.");

    [Theory]
    [MemberData(nameof(Cultures))]
    public async Task A_run_is_planned_driven_recorded_and_told_in_the_same_words(string culture)
    {
        string path = _folder["update.zip"];
        Assert.Equal(await In("", () => Task.Run(() => Upgrade(path))), await In(culture, () => Task.Run(() => Upgrade(path))));
    }

    [Theory]
    [InlineData("de-DE")]
    [InlineData("ru-RU")]
    public async Task What_is_kept_of_a_run_is_the_same_in_every_language(string language)
    {
        string path = _folder["update.zip"];
        (string kept, string told) = await Task.Run(() => Upgrade(path));
        (string own, string said) = await In(language, () => Task.Run(() => Upgrade(path)), Find(language));

        Assert.Equal(kept, own);
        Assert.NotEqual(told, said);
        Assert.DoesNotMatch(@"\b[Tt]he (node|run|plan)\b", said);
    }

    [Theory]
    [MemberData(nameof(Cultures))]
    public async Task The_command_line_prints_the_same_lines(string culture)
    {
        await using SimulatedCluster cluster = await SimulatedCluster.StartAsync(new SimulatedClusterOptions { Nodes = 2, PackageBytes = 1L << 20 });
        await cluster.WriteFilesAsync(_folder[""]);
        foreach (string command in (string[])[
            "nodes", "nodes --json", "queue", "plan --package update.zip", "plan --package update.zip --json", "package inspect update.zip"])
        {
            string[] args = [.. command.Replace("update.zip", _folder["update.zip"], StringComparison.Ordinal).Split(' ')];
            args = args[0] == "package" ? args : [.. args, "-c", _folder["cluster.json"]];

            CliAnswer expected = await In("", () => CliFixture.RunAsync(args));
            CliAnswer answer = await In(culture, () => CliFixture.RunAsync(args));

            Assert.True(expected.ExitCode == 0, expected.Error);
            Assert.Equal(Moving().Replace(expected.Output + expected.Error, "*"), Moving().Replace(answer.Output + answer.Error, "*"));
        }

        CliAnswer refused = await In(culture, () => CliFixture.RunAsync("simulate", "--speed", "0.001", "--faults", _folder["none"], "--out", _folder["out"]));
        Assert.Equal(64, refused.ExitCode);
        Assert.Contains("--speed", refused.Error, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Cultures))]
    public async Task What_neighbours_and_people_write_is_read_alike(string culture) =>
        Assert.Equal(await In("", () => Task.FromResult(Read())), await In(culture, () => Task.FromResult(Read())));

    /// <summary>A whole run through the clients and their wire in virtual time, and everything that is kept and shown of it.</summary>
    private static (string Kept, string Told) Upgrade(string package)
    {
        VirtualRig rig = new(nodes: 2, options: new SimulatedClusterOptions { PackageBytes = 1L << 20 }) { PackageFile = package };
        UpgradePlan plan = rig.Plan();
        UpgradeReport report = rig.Start(plan);
        Assert.True(report.End == UpgradeEnd.Completed, report.Reason);
        IReadOnlyList<JournalRecord> records = rig.Records(plan.RunId);
        UpgradeEvent[] events = [.. records.Select(r => RunEvents.From(plan.Cluster, plan.RunId, r)).OfType<UpgradeEvent>()];
        ReaderClock clock = new(rig.Time);
        HumanOption option = new(HumanOptionKind.Override, Message.Said("x"), Check: "budget", Until: At);
        UpgradeExplanation explanation = rig.Explain(plan.RunId);
        string[] kept =
        [
            plan.ToJson(),
            report.ToJson(),
            explanation.ToJson(),
            HumanCommandLine.Of(plan.RunId, option, ""),
            .. records.Select(r => Encoding.UTF8.GetString(JournalJson.ToBytes(r))),
            .. events.Select(e => e.ToJson()),
        ];
        string[] told = [plan.ToText(), plan.ToMermaid(), report.ToText(), explanation.ToText(), .. events.Select(e => LineView.Format(e, clock))];
        return (Of(kept), Of(told));

        string Of(string[] texts) => $"{plan.Hash}\n{Owned().Replace(string.Join('\n', texts).Replace(plan.RunId, "RUN", StringComparison.Ordinal), "*")}";
    }

    private static object?[] Read()
    {
        Uri node = new("https://gw1.example.test/web/");
        string[] dates = ["Fri, 27 Nov 2026 03:29:59 GMT", "Friday, 27-Nov-26 03:30:01 GMT", "Fri Nov 27 03:30:01 2026"];
        string snapshot = "<domainsnapshot><name>ksmg-1</name><creationTime>1795750200</creationTime><state>running</state></domainsnapshot>";
        string message = "Received: from x by GW1.EXAMPLE.TEST (Postfix); Fri, 27 Nov 2026 03:30:00 +0000\n"
            + "X-KSMG-AntiVirus: Kaspersky Secure Mail Gateway, version 2.1.0.7854, bases: 2026/11/26 08:00:00 #1\n\n";
        return
        [
            .. dates.Select(date => NodeCookie.Read($"id=1; Path=/; Expires={date}", node, At)),
            .. HaProxyAnswers.Modes(HaProxyAnswersTests.State, "smtp")!.Cast<object>(),
            .. HaProxyAnswers.Addresses(HaProxyAnswersTests.State, "smtp").Cast<object>(),
            .. HaProxyAnswers.Counts(HaProxyAnswersTests.Stat, "smtp")!.Cast<object>(),
            CefHeader.BuildOf("<134>Nov 27 03:30:00 gw1 KSMG: CEF:0|AO Kaspersky Lab|KASPERSKY Secure Mail Gateway|2.1.0.7854|x|"u8),
            LibvirtSnapshotXml.Read(new MemoryStream(Encoding.UTF8.GetBytes(snapshot))),
            new MessageHeaders(Encoding.Latin1.GetBytes(message)).ToCopy(At, [["gw1.example.test"]]),
            .. ((string[])["1h30min", "1.5 h", "10 MIN", "1.02:03:04", "1,5h"]).Select(t => Duration.TryParse(t, out TimeSpan time) ? time : default),
            .. ((string[])["1.5GiB", "200 mib", "4 KIB", "1,5 GB"]).Select(t => ByteCount.TryParse(t, out long bytes) ? bytes : default),
            Duration.Write(TimeSpan.FromMilliseconds(1500)),
            Units.ParseBytes("1.5 GiB"),
            Units.Bytes(3L << 29),
            Units.Rate(3L << 20, TimeSpan.FromSeconds(2)),
            Units.Duration(TimeSpan.FromSeconds(1.5)),
            Message.Of("wait.soak", "gw1", At).ToString(),
            Words.Get("explain.until", At),
        ];
    }

    private static CultureInfo Find(string culture) => CultureInfo.GetCultureInfo(culture);

    /// <summary>Does something in a culture; the test around it keeps its own.</summary>
    private static async Task<T> In<T>(string culture, Func<Task<T>> say, CultureInfo? language = null)
    {
        CultureInfo.CurrentCulture = Find(culture);
        CultureInfo.CurrentUICulture = language ?? CultureInfo.InvariantCulture;
        return await say();
    }

    /// <summary>What belongs to one process or to one run: hashes over random ids, ids, the process.</summary>
    [GeneratedRegex(
        """[0-9a-f]{64}|(?<="runId": ")[0-9a-f]{16}|[0-9a-f]{8}-[0-9a-f-]{27}|(?<="pid":")\d+|(?<=Process )\d+""", RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Owned();

    /// <summary>What goes on while the command line is asked again: times of this century, ids of runs, hashes.</summary>
    [GeneratedRegex(
        """20\d\d-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)?|20\d{6}-\d{6}-[0-9a-z]{4}|[0-9a-f]{64}|(?<="\w+": ")[0-9a-f]{16}""",
        RegexOptions.ExplicitCapture,
        10_000)]
    private static partial Regex Moving();
}
