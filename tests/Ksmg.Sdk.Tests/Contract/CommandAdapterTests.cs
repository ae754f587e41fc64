using System.Text;
using System.Text.Json;
using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Contract;

/// <summary>The adapters against real programs: small scripts that speak the contract, or break it.</summary>
public sealed class CommandAdapterTests : IDisposable
{
    private const string Name = "ksmg-upgrade.r1.gw1.2.1.0.7854.drained";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ksmg-command-");

    public void Dispose() => _folder.Delete(recursive: true);

    [ServerFact("sh")]
    public async Task A_balancer_is_asked_and_told()
    {
        CommandLoadBalancer adapter = new(Script("""
            case $1 in
              state) echo '{"gw1":{"mode":"drain","sessions":3,"healthy":true,"sessionsTotal":12,"new in 2.0":{}},"gw2":{"mode":"maintenance","sessions":0}}' ;;
              *) echo "$@" >> told ;;
            esac
            """));
        IReadOnlyDictionary<string, LoadState> states = await adapter.GetAsync();
        Assert.Equal(new LoadState(LoadMode.Drain, 3, Healthy: true, 12), states["GW1"]);
        Assert.Equal(new LoadState(LoadMode.Maintenance, 0, Healthy: null), states["gw2"]);

        await adapter.SetAsync("gw1", LoadMode.Ready);
        await adapter.SetAsync("gw1", LoadMode.Drain);
        await adapter.SetAsync("gw2", LoadMode.Maintenance);
        await adapter.CloseSessionsAsync("gw1");
        Assert.Equal(["set gw1 ready", "set gw1 drain", "set gw2 maintenance", "close-sessions gw1"], Told());
    }

    [ServerFact("sh")]
    public async Task A_hypervisor_is_asked_and_told()
    {
        CommandSnapshotProvider adapter = new(Script($$"""
            case $1 in
              list) echo '[{"name":"{{Name}}","createdAt":"2026-11-22T10:00:00Z","complete":true},{"name":"by hand","createdAt":"2026-11-22T12:30:00+01:00","complete":false}]' ;;
              *) echo "$@" >> told ;;
            esac
            """));
        Assert.Equal(
            [
                new NodeSnapshot(Name, new(2026, 11, 22, 10, 0, 0, TimeSpan.Zero), true),
                new NodeSnapshot("by hand", new(2026, 11, 22, 11, 30, 0, TimeSpan.Zero), false),
            ],
            await adapter.ListAsync("gw1"));
        await adapter.CreateAsync("gw1", Name);
        await adapter.RevertAsync("gw1", Name);
        Assert.Equal(["create gw1 " + Name, "revert gw1 " + Name], Told());
    }

    [ServerFact("sh")]
    public async Task Snapshots_of_others_are_refused_before_the_program_is_started()
    {
        CommandSnapshotProvider adapter = new(Script("echo \"$@\" >> told"));
        foreach (string name in new[] { "by hand", "ksmg-upgrade", "ksmg-upgrade.r1/gw1", "ksmg-upgrade.$(reboot)", "" })
        {
            Assert.Contains(
                "no snapshot of an upgrade run",
                (await Assert.ThrowsAsync<KsmgException>(() => adapter.RevertAsync("gw1", name))).Message,
                StringComparison.Ordinal);
            Assert.Equal("gw1", (await Assert.ThrowsAsync<KsmgException>(() => adapter.CreateAsync("gw1", name))).Node);
        }

        Assert.Empty(Told());
    }

    [ServerFact("sh")]
    public async Task A_probe_is_asked_sent_and_found()
    {
        CommandMailProbe adapter = new(Script("""
            case $1 in
              ask) printf '%s' '{"accepted":false,"text":"450 try\nlater"}' ;;
              send) echo "$@" >> told; echo '{"accepted":true,"text":"250 queued"}' ;;
              find) echo '[{"receivedAt":"2026-11-22T10:00:00Z","viaHost":"gw1.example.org","build":"2.1.0.7854"},{}]' ;;
            esac
            """));
        Assert.Equal(new ProbeAnswer(false, "450 try later"), await adapter.AskAsync("gw1"));
        Assert.Equal(new ProbeAnswer(true, "250 queued"), await adapter.SendAsync("gw1", "<a@b>"));
        Assert.Equal(
            [new ProbeCopy(new(2026, 11, 22, 10, 0, 0, TimeSpan.Zero), "gw1.example.org", BuildNumber.Parse("2.1.0.7854")), new ProbeCopy(null, null, null)],
            await adapter.FindAsync("<a@b>"));
        Assert.Equal(["send gw1 <a@b>"], Told());
    }

    [ServerFact("sh")]
    public async Task An_event_is_handed_over_on_standard_input()
    {
        CommandNotifier adapter = new(Script("cat > told"));
        await adapter.NotifyAsync(Event("Grüße; \"quoted\" $(nothing)"));
        using JsonDocument told = JsonDocument.Parse(File.ReadAllText(Path.Combine(_folder.FullName, "told")));
        Assert.Equal("r1", told.RootElement.GetProperty("runId").GetString());
        Assert.Equal("NeedsHuman", told.RootElement.GetProperty("kind").GetString());
        Assert.Equal("Grüße; \"quoted\" $(nothing)", told.RootElement.GetProperty("text").GetString());
        Assert.Equal("2026-11-22T10:00:00+00:00", told.RootElement.GetProperty("at").GetString());
        Assert.Equal("3", told.RootElement.GetProperty("values").GetProperty("left").GetString());
        Assert.False(told.RootElement.TryGetProperty("step", out _));
    }

    [ServerFact("sh")]
    public async Task A_notifier_that_does_not_read_is_no_failure_and_one_that_fails_is() =>
        Assert.Contains(
            "'sh notify' failed with exit code 3",
            (await Assert.ThrowsAsync<KsmgException>(async () =>
            {
                await new CommandNotifier(Script("exit 0")).NotifyAsync(Event(new string('x', 1 << 20)));
                await new CommandNotifier(Script("exit 3")).NotifyAsync(Event("short"));
            })).Message,
            StringComparison.Ordinal);

    [Theory]
    [InlineData("echo '{\"gw1\":{\"sessions\":1}}'", "mode")]
    [InlineData("echo '{\"gw1\":{\"mode\":\"on\",\"sessions\":1}}'", "the mode of gw1 is 'on', and may be ready, drain or maintenance")]
    [InlineData("echo '{\"gw1\":{\"mode\":\"ready\",\"sessions\":-1}}'", "fewer than no sessions")]
    [InlineData("echo '{\"gw1\":{\"mode\":\"ready\",\"sessions\":1},\"GW1\":{\"mode\":\"drain\",\"sessions\":1}}'", "stands there twice")]
    [InlineData("echo '[]'", "did not answer as agreed")]
    [InlineData("echo null", "did not answer as agreed")]
    [InlineData("true", "it printed nothing, and even an empty list is printed as []")]
    [InlineData("printf ' \\r\\n'", "it printed nothing")]
    [InlineData("printf '\\357\\273\\277'", "it printed nothing")]
    [InlineData("echo '<html>'", "did not answer as agreed")]
    [InlineData("printf 'line one\\nline \\033[2Jtwo\\n' >&2; exit 7", "failed with exit code 7: line one line [2Jtwo")]
    [InlineData("kill -9 $$", "it printed no reason")]
    public async Task What_breaks_the_contract_names_program_and_verb(string script, string text)
    {
        KsmgException e = await Assert.ThrowsAsync<KsmgException>(() => new CommandLoadBalancer(Script(script)).GetAsync());
        Assert.StartsWith("LoadBalancer: 'sh state' ", e.Message, StringComparison.Ordinal);
        Assert.Contains(text, e.Message, StringComparison.Ordinal);
    }

    /// <summary>What shells print where a list was meant and UTF-8 expected.</summary>
    [ServerTheory("sh")]
    [InlineData("utf-8", true, "[{0}]")]
    [InlineData("utf-8", false, "{0}")]
    [InlineData("utf-8", true, "\r\n{0}\r\n")]
    [InlineData("utf-16", true, "[{0}]")]
    [InlineData("utf-16", false, "{0}\r\n")]
    [InlineData("utf-16BE", true, "{0}")]
    [InlineData("utf-16BE", false, "[{0}]")]
    public async Task A_list_is_read_as_shells_print_it(string encoding, bool isMarked, string form)
    {
        Encoding written = Encoding.GetEncoding(encoding);
        string json = form.Replace("{0}", $$"""{"name":"{{Name}}","createdAt":"2026-11-22T10:00:00Z","complete":true}""", StringComparison.Ordinal);
        File.WriteAllBytes(Path.Combine(_folder.FullName, "printed"), [.. isMarked ? written.GetPreamble() : [], .. written.GetBytes(json)]);
        NodeSnapshot snapshot = Assert.Single(await new CommandSnapshotProvider(Script("cat printed")).ListAsync("gw1"));
        Assert.Equal(new NodeSnapshot(Name, new(2026, 11, 22, 10, 0, 0, TimeSpan.Zero), true), snapshot);
    }

    [ServerTheory("sh")]
    [InlineData("#!/bin/sh\r\necho '{}'\r\n", "its first line ends with CR LF")]
    [InlineData("\uFEFF#!/bin/sh\necho '{}'\n", "something stands before the #!")]
    [InlineData("#!/no/such/shell -x\necho '{}'\n", "its first line asks for /no/such/shell, which is not here")]
    [InlineData("#! /no/such/shell\n", "its first line asks for /no/such/shell, which is not here")]
    [InlineData("echo '{}'\n", "Exec format error")]
    public async Task A_script_that_cannot_be_started_is_told_why(string script, string text)
    {
        string path = Path.Combine(_folder.FullName, "script");
        ProgramFile.Write(path, script);
        KsmgException e = await Assert.ThrowsAsync<KsmgException>(() => new CommandLoadBalancer(new CommandOptions { Program = path }).GetAsync());
        Assert.Contains(text, e.Message, StringComparison.Ordinal);
    }

    [ServerFact("sh")]
    public async Task A_build_that_is_none_is_told() =>
        Assert.Contains(
            "the build '2.1' is no full build",
            (await Assert.ThrowsAsync<KsmgException>(() => new CommandMailProbe(Script("echo '[{\"build\":\"2.1\"}]'")).FindAsync("<a@b>"))).Message,
            StringComparison.Ordinal);

    [Fact]
    public async Task A_program_that_is_not_there_is_told()
    {
        KsmgException e = await Assert.ThrowsAsync<KsmgException>(
            () => new CommandSnapshotProvider(new CommandOptions { Program = "no-such-program-here" }).ListAsync("gw1"));
        Assert.StartsWith("Snapshots: 'no-such-program-here list gw1': no-such-program-here cannot be started", e.Message, StringComparison.Ordinal);
        Assert.Equal("gw1", e.Node);
    }

    [ServerFact("sh", "sleep")]
    public async Task A_program_that_takes_too_long_is_ended_with_everything_it_started()
    {
        // By a clock of ours: on a busy machine a shell takes longer than any short limit to come as far as its child.
        ManualTime time = new();
        CommandLoadBalancer adapter = new(
            Script("sleep 300 & echo $! > child.part; mv child.part child; wait", o => o.Timeout = TimeSpan.FromSeconds(3)), time);
        Task call = adapter.GetAsync();
        await Eventually.TrueAsync(() => File.Exists(Path.Combine(_folder.FullName, "child")));
        time.Advance(TimeSpan.FromSeconds(3));
        KsmgException e = await Assert.ThrowsAsync<KsmgException>(() => call.WaitAsync(Eventually.Limit));
        Assert.IsType<TimeoutException>(e.InnerException!.InnerException);
        await AssertChildEndedAsync();
    }

    [ServerFact("sh", "sleep")]
    public async Task The_callers_cancellation_stays_one_and_ends_the_program()
    {
        CommandLoadBalancer adapter = new(Script("sleep 300 & echo $! > child.part; mv child.part child; wait"));
        using CancellationTokenSource cancel = new(Eventually.Limit);
        Task call = adapter.SetAsync("gw1", LoadMode.Drain, cancel.Token);
        await Eventually.TrueAsync(() => File.Exists(Path.Combine(_folder.FullName, "child")));
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await AssertChildEndedAsync();
    }

    [ServerFact("sh", "sleep")]
    public async Task A_program_that_leaves_something_running_has_ended_all_the_same()
    {
        CommandLoadBalancer adapter = new(Script("sleep 8 & echo '{}'"));
        Assert.Empty(await adapter.GetAsync());
    }

    [ServerFact("sh")]
    public async Task Endless_output_is_cut_off_and_endless_errors_are_not_kept()
    {
        KsmgException e = await Assert.ThrowsAsync<KsmgException>(
            () => new CommandLoadBalancer(Script("while :; do echo yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy; done")).GetAsync());
        Assert.Contains("printed more than 1048576 bytes", e.Message, StringComparison.Ordinal);
        e = await Assert.ThrowsAsync<KsmgException>(
            () => new CommandLoadBalancer(Script("i=0; while [ $i -lt 5000 ]; do i=$((i+1)); echo yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy; done >&2; exit 1"))
                .GetAsync());
        Assert.InRange(e.Message.Length, 500, 700);
    }

    [ServerFact("sh")]
    public async Task The_self_test_asks_for_a_test_or_else_for_what_has_no_effect()
    {
        SelfTestResult result = Assert.Single(await new CommandLoadBalancer(Script("echo no route >&2; exit 1")).TestAsync(["gw1"]));
        Assert.Equal((false, true), (result.Works, result.Text.Contains("no route", StringComparison.Ordinal) && result.Remedy is not null));

        IReadOnlyList<SelfTestResult> results = await new CommandLoadBalancer(
            Script("[ $1 = state ] || exit 64; echo '{\"gw1\":{\"mode\":\"ready\",\"sessions\":2}}'")).TestAsync(["gw1", "gw2"]);
        Assert.Equal(
            [("gw1", true, "Ready, 2 sessions"), ("gw2", false, "LoadBalancer command sh does not name it in its state")],
            results.Select(r => (r.Subject, r.Works, r.Text)));
        results = await new CommandSnapshotProvider(Script("[ $1 = list ] || exit 64; [ $2 = gw1 ] && echo '[]'")).TestAsync(["gw1", "gw2"]);
        Assert.Equal([("gw1", true), ("gw2", false)], results.Select(r => (r.Subject, r.Works)));
        results = await new CommandMailProbe(
            Script("case $1 in ask) [ $2 = gw1 ] && a=true || a=false; echo '{\"accepted\":'$a',\"text\":\"said\"}';; find) echo '[]';; *) exit 64; esac"))
            .TestAsync(["gw1", "gw2"]);
        Assert.Equal(
            [("gw1", true, "said"), ("gw2", false, "said"), ("MailProbe command sh", true, "looks for a message that cannot exist, and finds none")],
            results.Select(r => (r.Subject, r.Works, r.Text)));
        Assert.Equal(SelfTestOutcome.NotTried, Assert.Single(await new CommandNotifier(Script("exit 64")).TestAsync(["gw1"])).Outcome);
    }

    /// <summary>A program that says yes to everything, /bin/true for instance, has answered nothing.</summary>
    [ServerFact("sh")]
    public async Task A_test_that_succeeds_proves_none_of_the_calls_of_the_run()
    {
        Func<CommandOptions, ISelfTest>[] adapters = [o => new CommandLoadBalancer(o), o => new CommandSnapshotProvider(o), o => new CommandMailProbe(o)];
        foreach (Func<CommandOptions, ISelfTest> adapter in adapters)
        {
            IReadOnlyList<SelfTestResult> results = await adapter(Script("exit 0")).TestAsync(["gw1"]);
            Assert.Equal([SelfTestOutcome.Works, .. Enumerable.Repeat(SelfTestOutcome.Fails, results.Count - 1)], results.Select(r => r.Outcome));
            Assert.Contains(results, r => r.Fails && r.Text.Contains("did not answer as agreed", StringComparison.Ordinal) && r.Remedy is not null);
        }
    }

    private static UpgradeEvent Event(string text) => new()
    {
        RunId = "r1",
        At = new(2026, 11, 22, 10, 0, 0, TimeSpan.Zero),
        Kind = UpgradeEventKind.NeedsHuman,
        Node = "gw1",
        Text = Message.Said(text),
        Values = new Dictionary<string, string> { ["left"] = "3" },
    };

    /// <summary>A script as an argument of the shell: a file just written and started at once can be busy.</summary>
    private CommandOptions Script(string text, Action<CommandOptions>? change = null)
    {
        string path = Path.Combine(_folder.FullName, "script");
        File.WriteAllText(path, $"cd '{_folder.FullName}'\n{text}\n");
        CommandOptions options = new() { Program = "sh", Arguments = { path } };
        change?.Invoke(options);
        return options;
    }

    private string[] Told() => File.Exists(Path.Combine(_folder.FullName, "told")) ? File.ReadAllLines(Path.Combine(_folder.FullName, "told")) : [];

    private async Task AssertChildEndedAsync()
    {
        string child = File.ReadAllText(Path.Combine(_folder.FullName, "child")).Trim();
        Assert.NotEmpty(child);

        // Ended and not yet fetched by its new parent counts as ended.
        await Eventually.TrueAsync(() => !File.Exists($"/proc/{child}/stat") || ReadState(child) == "Z");
    }

    private static string ReadState(string process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/stat").Split(' ')[2];
        }
        catch (IOException)
        {
            return "Z";
        }
    }
}
