using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Ksmg.Cli.Runs;
using Spectre.Console;

namespace Ksmg.Cli;

/// <summary>
/// The one place that writes. A terminal gets tables and colours, anything else plain lines without escape codes; with
/// <c>--json</c> standard output carries JSON only and words for people go to standard error. Whatever passes here is printable:
/// what nodes and neighbours say can neither steer a terminal nor forge a line.
/// </summary>
internal sealed class Output
{
    private static readonly JsonSerializerOptions JsonOptions = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter() },
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        // What is printed here is read by programs and people, never put into a web page.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private static readonly JsonSerializerOptions DocumentOptions = new(JsonOptions) { WriteIndented = true, NewLine = "\n" };

    private readonly CliConsole console;
    private bool hasSaidZone;

    public Output(CliConsole console, bool plain, bool json)
    {
        this.console = console;
        Clock = new ReaderClock(console.Time);
        IsJson = json;
        IsLive = console.IsTerminal && !plain && !json;
        Ansi = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = IsLive ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = IsLive ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = IsLive ? InteractionSupport.Detect : InteractionSupport.No,
            Out = new AnsiConsoleOutput(console.Out),
        });
    }

    /// <summary>Whether standard output carries JSON.</summary>
    public bool IsJson { get; }

    /// <summary>Whether a person looks at a terminal.</summary>
    public bool IsLive { get; }

    public IAnsiConsole Ansi { get; }

    /// <summary>The clock of the lines of a run.</summary>
    public ReaderClock Clock { get; }

    /// <summary>A line for people.</summary>
    public void Say(string text = "") => (IsJson ? console.Error : console.Out).WriteLine(Printable.Line(text).TrimEnd());

    /// <summary>A sentence for people, its times by the clock of the lines of a run.</summary>
    public void Say(Message message) => SayWrapped(Clock.Say(message));

    /// <summary>A line for people, on a terminal broken between words.</summary>
    public void SayWrapped(string text)
    {
        foreach (string line in IsLive ? ScreenLine.Wrap(text, Ansi.Profile.Width, int.MaxValue) : [text])
        {
            Say(line);
        }
    }

    /// <summary>Names the zone of the times that follow, once.</summary>
    public void SayZone()
    {
        if (!hasSaidZone)
        {
            hasSaidZone = true;
            Say(Words.Get("run.zone", Clock.Zone));
        }
    }

    /// <summary>A text that has lines of its own, such as a plan or a report.</summary>
    public void SayText(string text)
    {
        foreach (string line in text.TrimEnd().Split('\n'))
        {
            Say(line);
        }
    }

    /// <summary>A command that a person can paste: on a line of its own, as it stands.</summary>
    public void SayCommand(string command) => Say("  " + command);

    /// <summary>What people decided and nobody has carried out yet.</summary>
    public void SayPending(IReadOnlyList<HumanDecision> pending)
    {
        if (pending.Count > 0)
        {
            SayZone();
            Say(Words.Get("run.pending"));
        }

        foreach (HumanDecision decision in pending)
        {
            Say($"  {Clock.Local(decision.At)} {(string)decision.Text}");
        }
    }

    /// <summary>What is known of updates on a way.</summary>
    public void SayDefects(IReadOnlyList<KnownDefect> defects)
    {
        if (defects.Count == 0)
        {
            return;
        }

        Say();
        Say(Words.Get("run.known-defects"));
        foreach (PlanFinding finding in defects.ToFindings())
        {
            Say($"  {(string)finding.Text} [{finding.Code}]");
        }

        Say();
    }

    /// <summary>A diagnostic.</summary>
    public void Complain(string text) => Complain(console, text);

    /// <summary>A diagnostic of a command that has not come to its output yet, or is beyond it.</summary>
    public static void Complain(CliConsole console, string text) => console.Error.WriteLine(Printable.Line(text));

    /// <summary>Foreign text among markup.</summary>
    public static string Escape(string? text) => Markup.Escape(Printable.Line(text));

    /// <summary>How a run is shown here while it is driven.</summary>
    /// <param name="plan">Its plan.</param>
    /// <param name="run">The run as its journal and its driver tell it.</param>
    /// <param name="mail">Whom to ask how the mail flows, if somebody can be; the view disposes of it.</param>
    /// <param name="since">Lines tell nothing of what happened before.</param>
    public IRunView View(UpgradePlan plan, RecordedRun run, SimulatorMail? mail, DateTimeOffset since) => IsLive
        ? new LiveView(plan, run, Ansi, mail, console.Time)
        : new LineView(this, console.Time, since);

    /// <summary>The line <c>run ID</c>: the run is on disk, and nothing has happened yet.</summary>
    public void SayRun(UpgradeRun run)
    {
        if (IsJson)
        {
            Json(new { runId = run.Id });
        }

        Say($"run {run.Id}");
        console.Out.Flush();
    }

    /// <summary>Every node of a plan runs the new build: no run begins.</summary>
    public void SayNothingToDo(UpgradePlan plan)
    {
        if (IsJson)
        {
            Json(new { nothingToDo = true, build = plan.To.ToString() });
        }

        Say(Words.Get("run.nothing-to-do"));
    }

    /// <summary>A JSON line.</summary>
    public void Json(object value) => console.Out.WriteLine(Printable.Json(JsonSerializer.Serialize(value, JsonOptions)));

    /// <summary>The line that tells programs where to go on: <c>ready {…}</c>.</summary>
    public void Ready(object value)
    {
        console.Out.WriteLine("ready " + Printable.Json(JsonSerializer.Serialize(value, JsonOptions)));
        console.Out.Flush();
    }

    /// <summary>A JSON document that exists already.</summary>
    public void JsonDocument(string json) => console.Out.WriteLine(Printable.Json(json));

    /// <inheritdoc cref="JsonDocument(string)"/>
    public void JsonDocument(JsonNode document) => JsonDocument(document.ToJsonString(DocumentOptions));

    /// <summary>Lines of CSV, whose cells are printable already.</summary>
    public void Csv(string lines) => console.Out.Write(lines);

    /// <summary>A table: framed on a terminal, aligned columns elsewhere.</summary>
    /// <param name="columns">The columns, by the words below <c>table</c>.</param>
    /// <param name="rows">The cells.</param>
    public void Table(IReadOnlyList<string> columns, IReadOnlyList<IReadOnlyList<string>> rows)
    {
        string[] header = [.. columns.Select(column => Words.Get("table." + column))];
        if (IsLive)
        {
            Table table = new Table().Border(TableBorder.Rounded);
            foreach (string title in header)
            {
                table.AddColumn(new TableColumn(new Markup($"[bold]{Escape(title)}[/]")));
            }

            foreach (IReadOnlyList<string> row in rows)
            {
                table.AddRow(row.Select(cell => new Text(Printable.Line(cell))));
            }

            Ansi.Write(table);
            return;
        }

        int[] widths = [.. header.Select((title, i) => rows.Select(row => row[i].Length).Append(title.Length).Max())];
        foreach (IReadOnlyList<string> row in rows.Prepend(header))
        {
            Say(string.Join("  ", row.Select((cell, i) => cell.PadRight(widths[i]))));
        }
    }

    /// <summary>Runs something of a known size with a bar on a terminal and a line now and then elsewhere.</summary>
    public async Task ProgressAsync(string title, long totalBytes, Func<IProgress<long>, Task> work)
    {
        if (IsLive)
        {
            await Ansi.Progress()
                .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new TransferSpeedColumn(), new RemainingTimeColumn())
                .StartAsync(context =>
                {
                    ProgressTask bar = context.AddTask(Escape(title), maxValue: Math.Max(1, totalBytes));
                    return work(new Inline<long>(done => bar.Value = done));
                }).ConfigureAwait(false);
            return;
        }

        Action<Func<TimeSpan, string>> nowAndThen = NowAndThen();
        await work(new Inline<long>(done => nowAndThen(elapsed =>
            Words.Get("package.progress", title, Units.Bytes(done), Units.Bytes(totalBytes), Units.Rate(done, elapsed))))).ConfigureAwait(false);
    }

    /// <summary>Says how far something is that takes its time: not in its first second, and then every five. What it is given tells.</summary>
    public Action<Func<TimeSpan, string>> NowAndThen()
    {
        long started = console.Time.GetTimestamp();
        TimeSpan next = TimeSpan.FromSeconds(1);
        return tell =>
        {
            TimeSpan elapsed = console.Time.GetElapsedTime(started);
            if (elapsed >= next)
            {
                next = elapsed + TimeSpan.FromSeconds(5);
                Complain(tell(elapsed));
            }
        };
    }

    /// <summary>Asks for a person's consent, unless it was given with the command.</summary>
    /// <exception cref="CliException">It was not given, or nobody can be asked; nothing was changed.</exception>
    /// <exception cref="OperationCanceledException">A signal ended the question.</exception>
    public async Task ConfirmAsync(bool isGiven, string question)
    {
        if (isGiven)
        {
            return;
        }

        if (!console.CanAsk)
        {
            throw new CliException(ExitCodes.Usage, Words.Get("run.nobody-to-ask"));
        }

        if (!await AskAsync(question).ConfigureAwait(false))
        {
            throw new CliException(ExitCodes.Refused, Words.Get("run.not-started"));
        }
    }

    /// <summary>Asks a person; anything but y, yes is a no. The end of the input is a no.</summary>
    /// <exception cref="OperationCanceledException">A signal ended the question.</exception>
    public async Task<bool> AskAsync(string question)
    {
        console.Out.Write($"{Printable.Line(question)} [y/N] ");
        try
        {
            // A thread of its own: reading a terminal cannot be cancelled, but it can be left behind.
            string? answer = await Task.Run(console.In.ReadLine, console.End).WaitAsync(console.End).ConfigureAwait(false);
            return answer?.Trim().ToUpperInvariant() is "Y" or "YES";
        }
        catch (OperationCanceledException)
        {
            console.Out.WriteLine();
            throw;
        }
    }

    /// <summary><see cref="Progress{T}"/> reorders reports where there is no synchronization context.</summary>
    private sealed class Inline<T>(Action<T> report) : IProgress<T>
    {
        public void Report(T value) => report(value);
    }
}
