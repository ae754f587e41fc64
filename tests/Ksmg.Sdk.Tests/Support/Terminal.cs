using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Ksmg.Sdk.Tests.Contract;
using Microsoft.Win32.SafeHandles;

namespace Ksmg.Sdk.Tests.Support;

/// <summary>The command line on a pseudo-terminal of its own, as a person has it: questions are asked, keys are typed, and it can be hung up.</summary>
internal sealed class Terminal : IAsyncDisposable
{
    public const string CtrlC = "\u0003";

    private static readonly TimeSpan _limit = TimeSpan.FromMinutes(3);

    private readonly FileStream _master;
    private readonly Process _process;
    private readonly string _path;
    private readonly StringBuilder _screen = new();
    private readonly Task _reading;

    private Terminal(string[] args)
    {
        int descriptor = Native.OpenMaster(Native.ReadWrite | Native.NoControllingTerminal);
        byte[] name = new byte[128];
        Assert.True(descriptor >= 0 && Native.Grant(descriptor) == 0 && Native.Unlock(descriptor) == 0 && Native.Name(descriptor, name, name.Length) == 0);
        _path = Encoding.UTF8.GetString(name).TrimEnd('\0');
        _master = new FileStream(new SafeFileHandle(descriptor, ownsHandle: true), FileAccess.ReadWrite, bufferSize: 0);

        // A session of its own with this terminal, and the command its leader: signals of the terminal go to it, and a hang-up too. Whoever
        // runs these tests in the background may have made them deaf to an interrupt, which is inherited.
        _process =
            Process.Start(new ProcessStartInfo(
                "sh",
                ["-c", $"exec env --default-signal=INT,HUP setsid --ctty \"$@\" <>{_path} >&0 2>&0", "sh", "dotnet", "exec", CliProcess.Tool, .. args])
            {
                UseShellExecute = false,
                Environment = { ["TERM"] = "xterm", ["COLUMNS"] = "120" },
            })!;
        _reading = Task.Run(Read);
    }

    public int Id => _process.Id;

    /// <summary>Everything that was written so far.</summary>
    public string Screen
    {
        get
        {
            lock (_screen)
            {
                return _screen.ToString();
            }
        }
    }

    public static Terminal Start(params string[] args) => new(args);

    public async Task WaitForAsync(string text)
    {
        using CancellationTokenSource limit = new(_limit);
        using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(20));
        while (true)
        {
            // Asked first: what is written and ends then has not ended without it.
            bool ended = _process.HasExited && _reading.IsCompleted;
            if (Screen.Contains(text, StringComparison.Ordinal))
            {
                return;
            }

            Assert.False(ended, $"The process ended without '{text}': {Screen}");
            await timer.WaitForNextTickAsync(limit.Token);
        }
    }

    public async Task TypeAsync(string keys)
    {
        await _master.WriteAsync(Encoding.UTF8.GetBytes(keys));
        await _master.FlushAsync();
    }

    public async Task SignalAsync(string signal)
    {
        using Process kill = Process.Start("kill", [$"-{signal}", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    /// <summary>The exit code, once all that was written is read.</summary>
    public async Task<int> WaitAsync()
    {
        using CancellationTokenSource limit = new(_limit);
        await _process.WaitForExitAsync(limit.Token);
        await _reading.WaitAsync(_limit);
        return _process.ExitCode;
    }

    /// <summary>Whether what is typed is shown and read in lines, as a shell expects it.</summary>
    public async Task<bool> IsAsBeforeAsync()
    {
        using Process stty = Process.Start(new ProcessStartInfo("stty", ["-a", "-F", _path]) { RedirectStandardOutput = true, UseShellExecute = false })!;
        string settings = await stty.StandardOutput.ReadToEndAsync();
        await stty.WaitForExitAsync();
        return settings.Contains(" echo ", StringComparison.Ordinal) && settings.Contains(" icanon ", StringComparison.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        await _reading.WaitAsync(_limit);
        await _master.DisposeAsync();
        _process.Dispose();
    }

    private void Read()
    {
        byte[] buffer = new byte[4096];
        Decoder decoder = Encoding.UTF8.GetDecoder();
        char[] chars = new char[buffer.Length + 1];
        try
        {
            for (int read; (read = _master.Read(buffer)) > 0;)
            {
                int count = decoder.GetChars(buffer, 0, read, chars, 0);
                lock (_screen)
                {
                    _screen.Append(chars, 0, count);
                }
            }
        }
        catch (IOException)
        {
            // The last process on the terminal has ended.
        }
    }

    private static class Native
    {
        public const int ReadWrite = 2;
        public const int NoControllingTerminal = 0x100;

        [DllImport("libc", EntryPoint = "posix_openpt")]
        public static extern int OpenMaster(int flags);

        [DllImport("libc", EntryPoint = "grantpt")]
        public static extern int Grant(int descriptor);

        [DllImport("libc", EntryPoint = "unlockpt")]
        public static extern int Unlock(int descriptor);

        [DllImport("libc", EntryPoint = "ptsname_r")]
        public static extern int Name(int descriptor, byte[] name, nint size);
    }
}
