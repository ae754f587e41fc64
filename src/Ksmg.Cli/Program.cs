using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using Ksmg.Cli.Commands;

namespace Ksmg.Cli;

/// <summary>The command line <c>ksmg</c>.</summary>
internal static class Program
{
    public static async Task<int> Main(string[] args)
    {
        StandardWriter.Install();
        using Interrupts interrupts = new();
        CliConsole console = new()
        {
            Out = Console.Out,
            Error = Console.Error,
            In = Console.In,
            IsTerminal = !Console.IsOutputRedirected,
            CanAsk = !Console.IsInputRedirected && !Console.IsOutputRedirected,
            Pause = interrupts.Pause,
            Stop = interrupts.Stop,
            Now = interrupts.Now,
        };

        // Beside this thread, so that a phase that blocks it can be left behind.
        Task<int> command = Task.Run(() => RunAsync(args, console));
        await Task.WhenAny(command, Interrupts.PatienceOverAsync(console)).ConfigureAwait(false);
        return command.IsCompleted ? await command.ConfigureAwait(false) : ExitCodes.Interrupted;
    }

    /// <summary>Runs one command; tests call this with a console of their own.</summary>
    public static async Task<int> RunAsync(IReadOnlyList<string> args, CliConsole console)
    {
        LanguageOption.Use(args);
        ParseResult result = CreateRoot(console).Parse(args);
        if (result.Errors.Count > 0 && result.Action is not { ClearsParseErrors: true })
        {
            // The first error is the cause; with an unknown command, "required command" is only a consequence.
            Output.Complain(console, result.UnmatchedTokens is [string unknown, ..] ? Words.Get("usage.not-understood", unknown) : result.Errors[0].Message);
            Output.Complain(console, Words.Get("usage.help", CommandPath(result)));
            return ExitCodes.Usage;
        }

        if (Empty(result) is { } empty)
        {
            Output.Complain(console, Words.Get("usage.empty", empty));
            return ExitCodes.Usage;
        }

        try
        {
            // Signals are ours, and so is what people are told about an exception.
            InvocationConfiguration invocation = new()
            {
                Output = console.Out,
                Error = console.Error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            };
            return await result.InvokeAsync(invocation, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            (int exitCode, string line) = Failure.Explain(e);
            if (line.Length > 0)
            {
                Output.Complain(console, line);
            }

            return exitCode;
        }
    }

    /// <summary>All commands.</summary>
    public static RootCommand CreateRoot(CliConsole console)
    {
        CommonOptions common = new();
        RootCommand root = new(Words.Get("command.root"));
        common.AddTo(root);
        root.Add(DemoCommand.Create(common, console));
        root.Add(SimulateCommand.Create(common, console));
        root.Add(NodesCommand.Create(common, console));
        root.Add(QueueCommand.Create(common, console));
        root.Add(AboutCommand.Create(common, console));
        root.Add(DoctorCommand.Create(common, console));
        root.Add(DialectCommand.Create(common, console));
        root.Add(PackageCommand.Create(common, console));
        root.Add(PlanCommand.Create(common, console));
        root.Add(RehearseCommand.Create(common, console));
        root.Add(UpgradeCommand.Create(common, console));
        root.Add(ResumeCommand.Create(common, console));
        foreach (Command decision in DecisionCommands.Create(common, console))
        {
            root.Add(decision);
        }

        root.Add(ExplainCommand.Create(common, console));
        root.Add(StatusCommand.Create(common, console));
        root.Add(RunsCommand.Create(common, console));
        root.Add(CompletionCommand.Create(common, console));
        root.Add(ReportCommand.Create(common, console));
        root.Add(FleetCommand.Create(common, console));
        root.Add(McpCommand.Create(common, console));

        // What the library brings speaks by its own files, which say the one and leave out the other.
        root.Options.OfType<HelpOption>().Single().Description = Words.Get("option.help");
        root.Options.OfType<VersionOption>().Single().Description = Words.Get("option.version");
        return root;
    }

    /// <summary>What was given without a value: an empty text is what a shell makes of a variable that is not set.</summary>
    private static string? Empty(ParseResult result)
    {
        for (SymbolResult? level = result.CommandResult; level is CommandResult command; level = command.Parent)
        {
            if (command.Children.FirstOrDefault(child => child.Tokens.Any(token => string.IsNullOrWhiteSpace(token.Value))) is { } empty)
            {
                return empty is ArgumentResult argument ? argument.Argument.Name : ((OptionResult)empty).Option.Name;
            }
        }

        return null;
    }

    private static string CommandPath(ParseResult result)
    {
        string path = string.Empty;
        for (var command = result.CommandResult; command.Parent is CommandResult parent; command = parent)
        {
            path = command.Command.Name + " " + path;
        }

        return path;
    }
}
