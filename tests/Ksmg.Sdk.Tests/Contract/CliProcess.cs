using System.Collections.Concurrent;
using System.Diagnostics;
using Ksmg.Sdk.Tests.Conventions;

namespace Ksmg.Sdk.Tests.Contract;

/// <summary>The command line as a process of its own, as people and scripts start it.</summary>
internal sealed class CliProcess : IAsyncDisposable
{
    /// <summary>The exit code of a process that was killed.</summary>
    public const int Killed = 137;

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(4);

    /// <summary>The tool in its own folder, built in the configuration of these tests: the folder of the tests holds only what they need.</summary>
    internal static readonly string Tool = Built("src", "Ksmg.Cli", "ksmg");

    private readonly Process process;
    private readonly ConcurrentQueue<string> output = new();
    private readonly ConcurrentQueue<string> error = new();

    private CliProcess(string program, string[] args)
    {
        process = new Process
        {
            StartInfo = new ProcessStartInfo(program, args)
            {
                UseShellExecute = false,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            },
        };
        process.OutputDataReceived += (_, line) => Keep(output, line.Data);
        process.ErrorDataReceived += (_, line) => Keep(error, line.Data);
        process.Start();
        process.StandardInput.Close();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>A program of this repository, as it was built with these tests.</summary>
    public static string Built(string folder, string project, string? name = null) =>
        Repository.PathOf(folder, project, "bin", new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name, "net10.0", $"{name ?? project}.dll");

    /// <summary>A command of ours. Whoever runs the tests may ignore signals (nohup, a background job): that is not handed on to it.</summary>
    public static CliProcess Start(params string[] args) => OperatingSystem.IsLinux()
        ? new("env", ["--default-signal=INT,HUP,TERM", "dotnet", "exec", Tool, .. args])
        : new("dotnet", ["exec", Tool, .. args]);

    /// <summary>Another program of ours, or the tool behind a shell.</summary>
    public static CliProcess StartProgram(string program, params string[] args) => new(program, args);

    /// <summary>Runs a command to its end.</summary>
    public static async Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] args)
    {
        await using CliProcess command = Start(args);
        int exitCode = await command.WaitAsync();
        return (exitCode, command.Output, command.Error);
    }

    public int Id => process.Id;

    public bool HasExited => process.HasExited;

    /// <summary>What was written to standard output so far.</summary>
    public string Output => string.Join('\n', output);

    /// <summary>What was written to standard error so far.</summary>
    public string Error => string.Join('\n', error);

    /// <summary>The first line of the output that holds the text; the process has to say it within the limit.</summary>
    public async Task<string> WaitForLineAsync(string text)
    {
        using CancellationTokenSource limit = new(Limit);
        using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(50));
        while (await timer.WaitForNextTickAsync(limit.Token))
        {
            // Looked at before the lines: who says it and ends then has not ended without it, and last lines are read after the end.
            bool ended = process.HasExited;
            if (ended)
            {
                await process.WaitForExitAsync(limit.Token);
            }

            if (output.FirstOrDefault(line => line.Contains(text, StringComparison.Ordinal)) is { } found)
            {
                return found;
            }

            Assert.False(ended, $"The process ended without a line '{text}': {string.Join('\n', output.Concat(error))}");
        }

        throw new TimeoutException($"No line '{text}'.");
    }

    public async Task<int> WaitAsync()
    {
        using CancellationTokenSource limit = new(Limit);
        await process.WaitForExitAsync(limit.Token);
        return process.ExitCode;
    }

    /// <summary>Ends the process without a word, as a power cut would.</summary>
    public void Kill() => process.Kill();

    /// <summary>
    /// Sends a signal: <c>TERM</c> as a service manager does, <c>INT</c> as a terminal does on Ctrl-C, <c>STOP</c> and <c>CONT</c> as a
    /// machine does that is put to sleep.
    /// </summary>
    public Task SignalAsync(string signal) => RunOnItAsync("kill", $"-{signal}", $"{process.Id}");

    /// <summary>From now on no file that the process writes grows beyond so many bytes, as on a disk that is full from there on.</summary>
    public Task LimitFilesAsync(long bytes) => RunOnItAsync("prlimit", $"--pid={process.Id}", $"--fsize={bytes}");

    /// <summary>From now on the process opens no file and no connection any more.</summary>
    public Task LimitHandlesAsync() => RunOnItAsync("prlimit", $"--pid={process.Id}", "--nofile=1:");

    private static async Task RunOnItAsync(string program, params string[] args)
    {
        using Process run = Process.Start(program, args);
        using CancellationTokenSource limit = new(Limit);
        await run.WaitForExitAsync(limit.Token);
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
        }

        process.Dispose();
    }

    private static void Keep(ConcurrentQueue<string> lines, string? line)
    {
        if (line is not null)
        {
            lines.Enqueue(line);
        }
    }
}
