using Ksmg.Cli;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests;

/// <summary>A stop that was asked for is heard by every command and question, whatever it is at.</summary>
public sealed class CliSignalTests : IDisposable
{
    private static readonly TimeSpan _limit = Eventually.Limit;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ksmg-stop-");
    private readonly CancellationTokenSource _signal = new();
    private readonly StringWriter _output = new();

    public void Dispose()
    {
        _folder.Delete(recursive: true);
        _signal.Dispose();
        _output.Dispose();
    }

    [Theory]
    [InlineData("nodes")]
    [InlineData("queue")]
    [InlineData("about")]
    [InlineData("doctor")]
    [InlineData("plan --package update.zip")]
    [InlineData("upgrade --package update.zip --yes")]
    [InlineData("package inspect update.zip")]
    [InlineData("package upload update.zip --to https://127.0.0.1:1 --password-env KSMG_TEST_NO_SECRET")]
    public async Task Every_command_ends_with_130_and_leaves_no_run(string command)
    {
        Environment.SetEnvironmentVariable("KSMG_TEST_NO_SECRET", "x");
        File.WriteAllText(Path.Combine(_folder.FullName, "pw"), "x");
        File.WriteAllText(
            Path.Combine(_folder.FullName, "cluster.json"),
            """{ "Ksmg": { "Nodes": [ { "Name": "gw1", "Address": "https://127.0.0.1:1" } ], "Credentials": { "UserName": "a", "PasswordFile": "pw" } } }""");
        await WritePackageAsync();
        await _signal.CancelAsync();
        foreach (bool term in (bool[])[true, false])
        {
            string[] args = [.. command.Split(' ').Select(word => word == "update.zip" ? Path.Combine(_folder.FullName, word) : word),
                "-c", Path.Combine(_folder.FullName, "cluster.json"), "--runs", Path.Combine(_folder.FullName, "runs")];
            Assert.Equal(130, await Program.RunAsync(args, Console(term)).WaitAsync(_limit));
            Assert.False(Directory.Exists(Path.Combine(_folder.FullName, "runs")));
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_question_whose_answer_never_comes_is_left(bool term)
    {
        using Silence silence = new();
        CliConsole console = Console(term, silence);
        Task<bool> asking = new Output(console, plain: true, json: false).AskAsync("Start?");
        await _signal.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking.WaitAsync(_limit));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_password_that_nobody_types_is_left(bool term)
    {
        using Silence silence = new();
        Task<KsmgCredentials> asking = PasswordPrompt.AskAsync("a", Console(term, readKey: () => silence.ReadKey()));
        await _signal.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking.WaitAsync(_limit));
    }

    [Fact]
    public async Task Only_keys_that_write_something_go_into_a_password()
    {
        ConsoleKeyInfo[] keys =
        [
            Key('\0', ConsoleKey.LeftArrow), Key('\0', ConsoleKey.F5), Key('x', ConsoleKey.X), Key('\b', ConsoleKey.Backspace),
            Key('w', ConsoleKey.W), Key(
                '\u0015', ConsoleKey.U, ConsoleModifiers.Control), Key('s', ConsoleKey.S), Key('\u0004', ConsoleKey.D, ConsoleModifiers.Control),
            Key('\u001b', ConsoleKey.Escape), Key(
                'f', ConsoleKey.F, ConsoleModifiers.Alt), Key('\t', ConsoleKey.Tab), Key('é', ConsoleKey.None), Key('П', ConsoleKey.None),
            Key('@', ConsoleKey.Q, ConsoleModifiers.Alt | ConsoleModifiers.Control), Key('\ud83d', ConsoleKey.None), Key('\ude00', ConsoleKey.None),
            Key('\u007f', ConsoleKey.Backspace), Key('\0', ConsoleKey.Delete), Key('\r', ConsoleKey.Enter),
        ];
        Queue<ConsoleKeyInfo> typed = new(keys);
        KsmgCredentials credentials = await PasswordPrompt.AskAsync("a", Console(term: true, readKey: typed.Dequeue));

        Assert.Equal("séП@", await credentials.GetPasswordAsync(new KsmgOptions(), CancellationToken.None));
    }

    [Theory]
    [InlineData('\u0004', ConsoleKey.D)]
    [InlineData('\r', ConsoleKey.Enter)]
    public async Task An_empty_password_is_none(char c, ConsoleKey key)
    {
        CliException e = await Assert.ThrowsAsync<CliException>(() => PasswordPrompt.AskAsync("a", Console(term: true, readKey: () => Key(c, key))));
        Assert.Equal(64, e.ExitCode);
    }

    [Fact]
    public async Task No_run_is_created_once_a_stop_was_asked_for()
    {
        VirtualRig rig = new();
        UpgradePlan plan = rig.Plan();
        await _signal.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => new RollingUpgradeOrchestrator(new Support.DirectWorld(rig.Cluster, rig.Time, new VirtualProcess()), new Heedless(rig.Journal), rig.Policy,
            Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance).StartAsync(plan, _signal.Token));
        Assert.Empty(await rig.Journal.ListAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_demo_that_is_stopped_in_the_middle_of_a_node_blames_nobody_and_leaves_nothing(bool atOnce)
    {
        using CancellationTokenSource now = new();
        string? folder = null;
        bool isGone = false;
        using Told output = new(line =>
        {
            folder ??= line.StartsWith("Package ", StringComparison.Ordinal) ? Path.GetDirectoryName(line["Package ".Length..]) : null;
            if (line.Contains("Switching receiving of gw2 off", StringComparison.Ordinal))
            {
                if (atOnce)
                {
                    now.Cancel();
                    isGone = !Directory.Exists(folder);
                }

                _signal.Cancel();
            }
        });
        CliConsole console = new() { Out = output, Error = output, In = TextReader.Null, Stop = _signal.Token, Now = now.Token };
        int exitCode = await Program.RunAsync(["demo", "--fast", "--size", "1MiB"], console).WaitAsync(_limit);

        Assert.True(_signal.IsCancellationRequested, output.ToString());
        Assert.False(Directory.Exists(folder));
        if (atOnce)
        {
            // The process ends here; whatever comes after in this one does not count.
            Assert.True(isGone);
        }
        else
        {
            Assert.True(exitCode == 2, output.ToString());
            Assert.DoesNotContain("Violation", output.ToString(), StringComparison.Ordinal);
        }
    }

    private static ConsoleKeyInfo Key(char c, ConsoleKey key, ConsoleModifiers modifiers = ConsoleModifiers.None) =>
        new(c, key, modifiers.HasFlag(ConsoleModifiers.Shift), modifiers.HasFlag(ConsoleModifiers.Alt), modifiers.HasFlag(ConsoleModifiers.Control));

    private async Task WritePackageAsync()
    {
        VirtualRig rig = new(mailPerSecond: 0);
        await rig.Cluster.WritePackageAsync(Path.Combine(_folder.FullName, "update.zip"));
    }

    private CliConsole Console(bool term, TextReader? input = null, Func<ConsoleKeyInfo>? readKey = null) => new()
    {
        Out = _output,
        Error = _output,
        In = input ?? TextReader.Null,
        CanAsk = true,
        ReadKey = readKey ?? (() => throw new InvalidOperationException("Nobody is asked here.")),
        Pause = term ? default : _signal.Token,
        Stop = term ? _signal.Token : default,
    };

    /// <summary>Tells each line that is written.</summary>
    private sealed class Told(Action<string> tell) : StringWriter
    {
        private readonly Lock _gate = new();

        public override void WriteLine(string? value)
        {
            lock (_gate)
            {
                base.WriteLine(value);
            }

            tell(value ?? string.Empty);
        }

        public override string ToString()
        {
            lock (_gate)
            {
                return base.ToString();
            }
        }
    }

    /// <summary>A terminal at which nobody sits.</summary>
    private sealed class Silence : TextReader
    {
        private readonly ManualResetEventSlim _end = new();

        public override string? ReadLine()
        {
            _end.Wait(_limit);
            return null;
        }

        public ConsoleKeyInfo ReadKey()
        {
            _end.Wait(_limit);
            return Key('\r', ConsoleKey.Enter);
        }

        protected override void Dispose(bool disposing)
        {
            _end.Set();
            base.Dispose(disposing);
        }
    }

    /// <summary>A journal that does not look at its token, as a user may write one.</summary>
    private sealed class Heedless(UpgradeJournal journal) : UpgradeJournal
    {
        internal override Task<RunLease> CreateAsync(UpgradePlan plan, CancellationToken cancellationToken = default) =>
            journal.CreateAsync(plan, CancellationToken.None);
    }
}
