using System.CommandLine;
using Ksmg.Cli.Runs;

namespace Ksmg.Cli;

/// <summary>The argument <c>RUN</c>.</summary>
internal static class RunArgument
{
    /// <summary>Adds it to a command, with what leads to the runs of a fleet.</summary>
    public static Argument<string> AddTo(Command command, CommonOptions common)
    {
        Argument<string> run = new("run") { Description = Words.Get("option.run"), HelpName = "run" };
        run.CompletionSources.Add(context => RunsFolder.Suggest(common, context.ParseResult));
        command.Add(run);
        common.AddFleetTo(command);
        return run;
    }
}
