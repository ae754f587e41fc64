using System.CommandLine;

namespace Ksmg.Cli;

/// <summary>The argument <c>RUN</c>.</summary>
internal static class RunArgument
{
    public static Argument<string> Create() => new("run") { Description = Words.Get("option.run") };
}
