using System.Buffers;
using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace Ksmg.Sdk;

/// <summary>A program to run, without a shell.</summary>
/// <param name="Program">Its name or path.</param>
/// <param name="Arguments">Its arguments, as they are.</param>
/// <param name="Timeout">How long it may take.</param>
internal sealed record ProcessCall(string Program, IEnumerable<string> Arguments, TimeSpan Timeout)
{
    /// <summary>What it reads on standard input.</summary>
    public ReadOnlyMemory<byte> Input { get; init; }

    /// <summary>The most it may print on standard output, in bytes.</summary>
    public int MostOutput { get; init; } = 1024 * 1024;

    /// <summary>Of what it prints beyond <see cref="MostOutput"/>, how much of the end is kept, in bytes; 0: printing that much ends it.</summary>
    public int MostEnd { get; init; }

    /// <summary>Whether a program that the token ends leaves a result, with what it printed until then.</summary>
    public bool TellsWhenEnded { get; init; }

    /// <summary>Whether it has to complain in English, because its complaints are read.</summary>
    public bool InEnglish { get; init; }

    /// <summary>The node concerned, for the errors.</summary>
    public string? Node { get; init; }
}

/// <summary>What a program left behind.</summary>
/// <param name="ExitCode">Its exit code; <see langword="null"/>: the token ended it.</param>
/// <param name="Output">Standard output, whole, or as much of its end as was asked for.</param>
/// <param name="Errors">Standard error; of a long one the beginning and the end.</param>
internal sealed record ProcessResult(int? ExitCode, ReadOnlyMemory<byte> Output, string Errors)
{
    /// <summary>What to tell people, on one line: standard error; where nothing stands there, the first line of standard output.</summary>
    public string Complaint => Printable.Reason(Errors) is { Length: > 0 } text ? text
        : Printable.Reason(FirstLine(Output.Span)) is { Length: > 0 } line ? line
        : Words.Get("process.no-reason");

    private static string FirstLine(ReadOnlySpan<byte> output)
    {
        ReadOnlySpan<byte> text = output[..Math.Min(output.Length, 1024)].TrimStart("\r\n\t "u8);
        int end = text.IndexOfAny((byte)'\n', (byte)'\r');
        return Encoding.UTF8.GetString(end < 0 ? text : text[..end]);
    }
}

/// <summary>Runs programs: bounded in time and output, and ended together with everything they started.</summary>
internal sealed class ProcessRunner(TimeProvider time)
{
    private const int MostErrors = 16 * 1024;

    /// <summary>How long the pipes of a program that ended are still read: something it left running may hold them open for ever.</summary>
    private static readonly TimeSpan _pipeGrace = TimeSpan.FromSeconds(2);

    /// <summary>Runs a program to its end. The token ends it.</summary>
    /// <exception cref="KsmgException">It cannot be started, takes too long, or prints too much.</exception>
    public async Task<ProcessResult> RunAsync(ProcessCall call, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using CancellationTokenSource limit = new(call.Timeout, time);
        using CancellationTokenSource both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        using Process process = Start(call);

        // All three at once: a program whose output nobody takes stands still.
        Drain output = new(call.MostOutput) { MostEnd = call.MostEnd };
        Drain errors = new(MostErrors / 2) { MostEnd = MostErrors / 2 };
        Task drained = Task.WhenAll(
            output.ReadAsync(process.StandardOutput.BaseStream, call.MostEnd > 0 ? null : both.Cancel),
            errors.ReadAsync(process.StandardError.BaseStream, null));
        _ = WriteAsync(process.StandardInput.BaseStream, call.Input);
        try
        {
            await process.WaitForExitAsync(both.Token).ConfigureAwait(false);
            await Task.WhenAny(drained, Task.Delay(_pipeGrace, time, both.Token)).ConfigureAwait(false);
            both.Token.ThrowIfCancellationRequested();
            return new ProcessResult(process.ExitCode, output.Taken(), Encoding.UTF8.GetString(errors.Taken().Span));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested && call.TellsWhenEnded)
        {
            return new ProcessResult(null, output.Taken(), Encoding.UTF8.GetString(errors.Taken().Span));
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw output.IsFull
                ? new KsmgException(
                    Words.Get("process.too-much", call.Program, call.MostOutput),
                    e)
                { Node = call.Node }
                : new KsmgException(
                    Words.Get("process.not-done", call.Program, call.Timeout),
                    new TimeoutException(Words.Get("process.not-done-within", call.Timeout), e))
                { Node = call.Node };
        }
        finally
        {
            End(process);
        }
    }

    private static Process Start(ProcessCall call)
    {
        string program = ProgramPath.Find(call.Program)
            ?? throw new KsmgException(
                Words.Get("process.not-on-path", call.Program))
            { Node = call.Node };
        ProcessStartInfo start = new(program, call.Arguments)
        {
            UseShellExecute = false,
            CreateNoWindow = true,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        SecretVariables.RemoveFrom(start.Environment);
        if (call.InEnglish)
        {
            start.Environment["LC_ALL"] = "C";
        }

        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new KsmgException(ScriptFault.Of(program) is { } fault
                ? Words.Get("process.script", call.Program, fault)
                : Words.Get("process.not-started", call.Program, e.Message), e)
            { Node = call.Node };
        }
    }

    private static async Task WriteAsync(Stream stream, ReadOnlyMemory<byte> input)
    {
        try
        {
            await using (stream.ConfigureAwait(false))
            {
                await stream.WriteAsync(input, CancellationToken.None).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // It need not read; what it makes of that, its exit code says.
        }
    }

    private static void End(Process process)
    {
        try
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception or AggregateException)
        {
            // It ended by itself meanwhile, or a part of it did.
        }
    }

    /// <summary>Takes what comes through a pipe: the beginning is kept and, where it is asked for, the end; the rest only taken.</summary>
    private sealed class Drain(int most)
    {
        private readonly ArrayBufferWriter<byte> _kept = new();
        private readonly Lock _gate = new();
        private byte[] _end = [];

        public int MostEnd { get; init; }

        public bool IsFull { get; private set; }

        public ReadOnlyMemory<byte> Taken()
        {
            lock (_gate)
            {
                return (byte[])[.. _kept.WrittenSpan, .. _end];
            }
        }

        public async Task ReadAsync(Stream stream, Action? whenFull)
        {
            byte[] buffer = new byte[16 * 1024];
            try
            {
                int read;
                while ((read = await stream.ReadAsync(buffer, CancellationToken.None).ConfigureAwait(false)) > 0)
                {
                    lock (_gate)
                    {
                        int room = most - _kept.WrittenCount;
                        _kept.Write(buffer.AsSpan(0, Math.Min(read, room)));
                        if (read > room)
                        {
                            byte[] rest = [.. _end, .. buffer.AsSpan(room, read - room)];
                            _end = rest[^Math.Min(MostEnd, rest.Length)..];
                            IsFull = true;
                        }
                    }

                    if (IsFull)
                    {
                        whenFull?.Invoke();
                    }
                }
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException)
            {
                // The program was ended, and its pipes with it.
            }
        }
    }
}
