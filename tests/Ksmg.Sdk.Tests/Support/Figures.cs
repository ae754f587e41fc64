using Xunit.Abstractions;

namespace Ksmg.Sdk.Tests.Support;

/// <summary>What a matrix counted: told in the test's own output, and in the file that the environment variable names, which the test script shows.</summary>
internal static class Figures
{
    private static readonly Lock Gate = new();

    public static void Print(ITestOutputHelper output, string line)
    {
        output.WriteLine(line);
        if (Environment.GetEnvironmentVariable("KSMG_TEST_FIGURES") is { Length: > 0 } file)
        {
            lock (Gate)
            {
                File.AppendAllText(file, line + "\n");
            }
        }
    }
}
