using System.Text;

namespace Ksmg.Sdk;

/// <summary>
/// Why a file that is there cannot be started as a script. The system says of all of them "no such file" or "exec format error", which
/// sends people to look for the wrong thing.
/// </summary>
internal static class ScriptFault
{
    /// <summary>What is wrong and what to do; <see langword="null"/>: it is not there, or this is no reason.</summary>
    public static string? Of(string path)
    {
        if (FileBeginning.Read(path) is not { } start)
        {
            return null;
        }

        ReadOnlySpan<byte> text = start;
        if (!text.StartsWith("#!"u8))
        {
            return text.IndexOf("#!"u8) is > 0 and <= 3 ? Words.Get("process.script-marked") : null;
        }

        int end = text.IndexOf((byte)'\n');
        string line = Encoding.UTF8.GetString(end < 0 ? text : text[..end]);
        string interpreter = line[2..].Trim().Split(' ', '\t')[0];
        return line.EndsWith('\r') ? Words.Get("process.script-line-ends")
            : interpreter.Length > 0 && !File.Exists(interpreter) ? Words.Get("process.script-interpreter", Printable.OneLine(interpreter))
            : null;
    }
}
