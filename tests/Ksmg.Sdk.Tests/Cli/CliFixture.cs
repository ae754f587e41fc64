using Ksmg.Cli;

namespace Ksmg.Sdk.Tests;

/// <summary>Runs a command in this process, as <c>ksmg</c> would without a terminal.</summary>
internal static class CliFixture
{
    public static async Task<CliAnswer> RunAsync(params string[] args) => await RunAsync(string.Empty, canAsk: false, args);

    public static async Task<CliAnswer> RunAsync(string input, bool canAsk, params string[] args)
    {
        using StringWriter output = new();
        using StringWriter error = new();
        CliConsole console = new() { Out = output, Error = error, In = new StringReader(input), CanAsk = canAsk };
        int exitCode = await Program.RunAsync(args, console).WaitAsync(TimeSpan.FromMinutes(3));
        return new CliAnswer(exitCode, output.ToString(), error.ToString());
    }
}

internal sealed record CliAnswer(int ExitCode, string Output, string Error)
{
    /// <summary>The one line a person is told.</summary>
    public string Line => Assert.Single(Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)).TrimEnd();
}
