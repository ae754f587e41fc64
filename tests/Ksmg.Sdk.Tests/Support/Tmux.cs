using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using Ksmg.Sdk.Tests.Contract;

namespace Ksmg.Sdk.Tests.Support;

/// <summary>Terminals of any size with a command of ours in each, and pictures of what a person sees there.</summary>
internal sealed class Tmux : IAsyncDisposable
{
    private static readonly TimeSpan _limit = TimeSpan.FromMinutes(3);

    private readonly DirectoryInfo _own = Directory.CreateTempSubdirectory("ksmg-tmux-");
    private readonly string _folder;

    /// <param name="folder">Where the commands are given.</param>
    public Tmux(string folder)
    {
        _folder = folder;
        File.WriteAllText(Path.Combine(_own.FullName, "conf"), "set -g status off\nset -g remain-on-exit on\nset -g remain-on-exit-format ''\n");
    }

    /// <summary>Opens a terminal that stays when its command has ended.</summary>
    public Task OpenAsync(string name, int width, int height, params string[] command) => RunAsync(
        ["new-session", "-d", "-s", name, "-x", $"{width}", "-y", $"{height}", "-c", _folder,
            "env", "--default-signal=INT,HUP", "TZ=Europe/Berlin", "dotnet", "exec", CliProcess.Tool, .. command]);

    /// <param name="name">The terminal.</param>
    /// <param name="size">Such as <c>80x24</c>.</param>
    public Task ResizeAsync(string name, string size) => RunAsync("resize-window", "-t", name, "-x", size.Split('x')[0], "-y", size.Split('x')[1]);

    /// <summary>Types a line.</summary>
    public Task AnswerAsync(string name, string line) => RunAsync("send-keys", "-t", name, line, "Enter");

    /// <summary>Hangs up, as who closes the window of a terminal.</summary>
    public Task HangUpAsync(string name) => RunAsync("kill-session", "-t", name);

    /// <summary>The first picture on which all of that is seen.</summary>
    public async Task<string> SeeAsync(string name, params string[] patterns)
    {
        using CancellationTokenSource limit = new(_limit);
        using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(50));
        while (true)
        {
            string picture = await RunAsync("capture-pane", "-p", "-t", name);
            if (Array.TrueForAll(patterns, pattern => Regex.IsMatch(picture, pattern, RegexOptions.None, _limit)))
            {
                return picture;
            }

            Assert.False(limit.IsCancellationRequested, $"On {name} there is no {string.Join(", ", patterns)}:\n{picture}");
            await timer.WaitForNextTickAsync(CancellationToken.None);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await RunAsync("kill-server");
        _own.Delete(recursive: true);
    }

    private async Task<string> RunAsync(params string[] args)
    {
        using Process tmux = Process.Start(
            new ProcessStartInfo("tmux", ["-u", "-S", Path.Combine(_own.FullName, "socket"), "-f", Path.Combine(_own.FullName, "conf"), .. args])
            {
                RedirectStandardOutput = true,
                StandardOutputEncoding = Encoding.UTF8,
                UseShellExecute = false,
            })!;
        string output = await tmux.StandardOutput.ReadToEndAsync();
        await tmux.WaitForExitAsync();
        return output;
    }
}
