using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Ksmg.Cli;

/// <summary>
/// Standard output or standard error, where a reader that is gone or a disk that is full is no reason to end: what a command does and
/// what it exits with must not depend on whether somebody can read of it.
/// </summary>
/// <param name="writer">What is written to; <see langword="null"/>: it was closed before we came.</param>
/// <param name="complain">Is told once that something could not be written, and why.</param>
internal sealed class StandardWriter(TextWriter? writer, Action<string> complain) : TextWriter
{
    /// <summary>SIGXFSZ of Linux and macOS: a file may grow no further (<c>ulimit -f</c>).</summary>
    private const PosixSignal _fileIsFull = (PosixSignal)25;

    private static PosixSignalRegistration? _lasting;
    private int _complained;

    public override Encoding Encoding => writer?.Encoding ?? Encoding.UTF8;

    public override void Write(char value) => Try(w => w.Write(value));

    public override void Write(char[] buffer, int index, int count) => Try(w => w.Write(buffer, index, count));

    public override void Write(string? value) => Try(w => w.Write(value));

    public override void WriteLine() => Try(w => w.WriteLine());

    public override void WriteLine(string? value) => Try(w => w.WriteLine(value));

    public override void Flush() => Try(w => w.Flush());

    /// <summary>Puts itself before both outputs of this process.</summary>
    public static void Install()
    {
        // The write fails then, as on a full disk; the signal would end the process without a word. Never given back: that of the last write may
        // still be on its way when the command has ended.
        _lasting ??= OperatingSystem.IsWindows() ? null : PosixSignalRegistration.Create(_fileIsFull, context => context.Cancel = true);
        Console.SetError(new StandardWriter(Open(() => Console.Error), static _ => { }));
        Console.SetOut(new StandardWriter(
            Open(() => Console.IsOutputRedirected ? InUtf8() : Console.Out),
            why => Console.Error.WriteLine(Words.Get("output.cannot-be-written", Name(1), why.TrimEnd('.')))));
    }

    /// <summary>What is not read by a person at once is a document or lines of JSON, whatever letters the account's own terminal has.</summary>
    private static TextWriter InUtf8() =>
        Synchronized(new StreamWriter(Console.OpenStandardOutput(), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { AutoFlush = true });

    private void Try(Action<TextWriter> write)
    {
        if (writer is null)
        {
            return;
        }

        try
        {
            write(writer);
        }
        catch (Exception e) when (IsOfTheFile(e))
        {
            if (Interlocked.Exchange(ref _complained, 1) == 0)
            {
                complain(e.Message);
            }
        }
    }

    private static TextWriter? Open(Func<TextWriter> open)
    {
        try
        {
            return open();
        }
        catch (Exception e) when (IsOfTheFile(e))
        {
            return null;
        }
    }

    /// <summary>A file that may grow no further is an argument out of range to .NET.</summary>
    private static bool IsOfTheFile(Exception e) =>
        e is IOException or UnauthorizedAccessException or ObjectDisposedException or NotSupportedException or ArgumentOutOfRangeException;

    /// <summary>Standard output, with the file behind it where the system tells.</summary>
    private static string Name(int descriptor)
    {
        try
        {
            return new FileInfo(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{descriptor}")).LinkTarget is { } file
                ? Words.Get("output.standard-file", Printable.Line(file))
                : Words.Get("output.standard");
        }
        catch (Exception e) when (IsOfTheFile(e))
        {
            return Words.Get("output.standard");
        }
    }
}
