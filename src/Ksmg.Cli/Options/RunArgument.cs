using System.CommandLine;
using Ksmg.Cli.Runs;

namespace Ksmg.Cli;

/// <summary>The argument <c>RUN</c>.</summary>
internal static class RunArgument
{
    public static Argument<string> Create(CommonOptions common)
    {
        Argument<string> run = new("run") { Description = Words.Get("option.run"), HelpName = "run" };
        run.CompletionSources.Add(context => RunsFolder.Suggest(common.RunsPath(context.ParseResult)));
        return run;
    }
}
