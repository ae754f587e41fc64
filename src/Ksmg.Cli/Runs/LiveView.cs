using Ksmg.Simulator;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Ksmg.Cli.Runs;

/// <summary>The run on a terminal: nodes against phases, what happens now, mail, and the last events.</summary>
internal sealed class LiveView : IRunView
{
    private const int LogTail = 8;
    private static readonly TimeSpan FrameInterval = TimeSpan.FromMilliseconds(125);
    private static readonly TimeSpan MailInterval = TimeSpan.FromSeconds(1);
    private static readonly string[] Spinner = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

    /// <summary>The steps as a person groups them.</summary>
    private static readonly (string Key, StepId[] Steps)[] Phases =
    [
        ("phase.out", [StepId.LoadOff, StepId.ReceiveOff]),
        ("phase.drain", [StepId.Drain]),
        ("phase.save", [StepId.SnapshotDrained, StepId.SaveConfiguration]),
        ("phase.upload", [StepId.Upload]),
        ("phase.demote", [StepId.Demote]),
        ("phase.install", [StepId.Install, StepId.WaitForNode]),
        ("phase.verify", [StepId.VerifyBuild]),
        ("phase.promote", [StepId.Promote]),
        ("phase.restore", [StepId.RestoreConfiguration]),
        ("phase.mail", [StepId.ReceiveOn, StepId.TestMessage]),
        ("phase.in", [StepId.LoadOn]),
        ("phase.watch", [StepId.Gate]),
    ];

    private readonly RunBoard board;
    private readonly string runId;
    private readonly SimulatorMail? mail;
    private readonly TimeProvider time;
    private readonly CancellationTokenSource end = new();
    private readonly Task drawing;
    private readonly Lock gate = new();
    private int isDisposed;
    private MailFigures? figures;
    private int frame;

    public LiveView(UpgradePlan plan, string runId, IAnsiConsole ansi, SimulatorMail? mail, TimeProvider time)
    {
        board = new RunBoard(plan);
        this.runId = runId;
        this.mail = mail;
        this.time = time;
        drawing = ansi.Live(Draw()).AutoClear(false).Overflow(VerticalOverflow.Ellipsis).StartAsync(DrawLoopAsync);
    }

    public void Show(UpgradeEvent upgradeEvent)
    {
        lock (gate)
        {
            board.Apply(upgradeEvent);
        }
    }

    public void Notice(string text)
    {
        lock (gate)
        {
            board.Notice = text;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref isDisposed, 1) == 1)
        {
            return;
        }

        await end.CancelAsync().ConfigureAwait(false);
        await drawing.ConfigureAwait(false);
        mail?.Dispose();
        end.Dispose();
    }

    private async Task DrawLoopAsync(LiveDisplayContext context)
    {
        using PeriodicTimer timer = new(FrameInterval, time);
        long? askedMail = null;
        try
        {
            while (await timer.WaitForNextTickAsync(end.Token).ConfigureAwait(false))
            {
                if (mail is not null && (askedMail is null || time.GetElapsedTime(askedMail.Value) >= MailInterval))
                {
                    askedMail = time.GetTimestamp();
                    figures = await mail.GetAsync(end.Token).ConfigureAwait(false) ?? figures;
                }

                frame++;
                context.UpdateTarget(Draw());
            }
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            context.UpdateTarget(Draw());
        }
    }

    private Rows Draw()
    {
        lock (gate)
        {
            List<IRenderable> rows =
            [
                new Markup(DrawTitle()),
                DrawNodes(),
                DrawCurrent(),
            ];
            if (board.Upload is { } upload)
            {
                rows.Add(DrawUpload(upload.Sent, upload.Total, upload.Rate));
            }

            if (figures is not null)
            {
                string colour = figures.Lost.Count + figures.Duplicated.Count == 0 ? "green" : "red";
                rows.Add(new Markup($"[{colour}]✉[/]  {Output.Escape(Words.Get("run.mail", SimulatorMail.Format(figures)))}"));
            }

            if (board.Notice is { } notice)
            {
                rows.Add(new Markup($"[yellow]{Output.Escape(notice)}[/]"));
            }

            rows.Add(new Rule().RuleStyle("grey"));
            rows.AddRange(board.Log.TakeLast(LogTail).Select(DrawEvent));
            return new Rows(rows);
        }
    }

    private string DrawTitle()
    {
        string run = Output.Escape(Words.Get("run.id", runId));
        string age = Units.Duration(time.GetUtcNow() - (board.StartedAt ?? time.GetUtcNow()));
        return $"[bold]{Output.Escape(board.Plan.Cluster)}[/]  {board.Plan.From} → [bold]{board.Plan.To}[/]  {run}  [grey]{age}[/]";
    }

    private Table DrawNodes()
    {
        Table table = new Table().Border(TableBorder.Rounded).BorderColor(Color.Grey);
        table.AddColumn(Words.Get("table.node")).AddColumn(Words.Get("table.role")).AddColumn(Words.Get("table.build"));
        foreach ((string key, _) in Phases)
        {
            table.AddColumn(new TableColumn(Output.Escape(Words.Get(key))).Centered());
        }

        foreach (PlannedNode node in board.Plan.Nodes)
        {
            bool upgraded = board[node.Name, StepId.VerifyBuild] == StepMark.Done || node.Build == board.Plan.To;
            string role = board[node.Name, StepId.Promote] == StepMark.Done
                ? NodeRole.Control.ToString()
                : board[node.Name, StepId.Demote] == StepMark.Done
                ? NodeRole.Secondary.ToString()
                : node.Role.ToString();
            List<string> cells =
            [
                $"[bold]{Output.Escape(node.Name)}[/]",
                Output.Escape(role),
                upgraded ? $"[green]{board.Plan.To}[/]" : node.Build.ToString(),
            ];
            cells.AddRange(Phases.Select(phase => DrawPhase(node.Name, phase.Steps)));
            table.AddRow([.. cells.Select(cell => new Markup(cell))]);
        }

        return table;
    }

    private string DrawPhase(string node, StepId[] steps)
    {
        StepMark[] marks = [.. board.Plan.Steps.Where(s => s.Node == node && steps.Contains(s.Id)).Select(s => board[node, s.Id])];
        return marks switch
        {
            [] => " ",
            _ when marks.Contains(StepMark.Failed) => "[red]✖[/]",
            _ when marks.Contains(StepMark.Active) => $"[aqua]{Spinner[frame % Spinner.Length]}[/]",
            _ when marks.Contains(StepMark.Waiting) => $"[yellow]{Spinner[frame % Spinner.Length]}[/]",
            _ when marks.All(mark => mark == StepMark.Done) => "[green]✔[/]",
            _ when marks.Contains(StepMark.Done) => "[aqua]◐[/]",
            _ => "[grey]·[/]",
        };
    }

    private Markup DrawCurrent() => board.Current is { } current
        ? new Markup(
            $"[aqua]▶[/]  {Output.Escape(string.Join("  ", new[] { current.Node, current.Step?.ToString(), current.Text }.Where(part => part is not null)))}")
        : new Markup($"[grey]▶  {Output.Escape(Words.Get("run.starting"))}[/]");

    private static Columns DrawUpload(long sent, long total, double rate)
    {
        const int Width = 40;
        int full = total > 0 ? (int)(Width * Math.Clamp(sent / (double)total, 0, 1)) : 0;
        double part = total > 0 ? sent / (double)total : 0;
        return new Columns(
            new Markup($"⬆  [green]{new string('━', full)}[/][grey]{new string('━', Width - full)}[/]"),
            new Markup(Output.Escape(Words.Get("run.upload", part, Units.Bytes(sent), Units.Bytes(total), Units.Bytes((long)rate)))))
            .Collapse();
    }

    private static Markup DrawEvent(UpgradeEvent e)
    {
        string colour = e.Kind switch
        {
            UpgradeEventKind.StepFinished or UpgradeEventKind.RunEnded => "green",
            UpgradeEventKind.StepFailed or UpgradeEventKind.NeedsHuman => "red",
            UpgradeEventKind.Waiting or UpgradeEventKind.Paused => "yellow",
            _ => "grey",
        };
        return new Markup($"[{colour}]{Output.Escape(LineView.Format(e))}[/]").Overflow(Overflow.Ellipsis);
    }
}
