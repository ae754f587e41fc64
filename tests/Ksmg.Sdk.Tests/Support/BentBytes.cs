using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace Ksmg.Sdk.Tests.Support;

/// <summary>Ways to spoil good bytes, few at a time.</summary>
internal static class BentBytes
{
    /// <summary>What parsers stumble over.</summary>
    private static readonly byte[][] Odd =
    [
        .. new[]
        {
            "\"", "\\", "{", "}", "[", "]", ",", ":", "\r\n", "\n", "\0", "null", "-1", "1e999", "99999999999999999999", "\u001b[31m", "\u2028", "\ud83d\ude00",
            "\\ud800", "%", "|", "=", ";", "PK\u0003\u0004", "PK\u0005\u0006", "../", "/", new string('a', 3000), new string('[', 100), "true", "// ", "/*",
        }.Select(Encoding.UTF8.GetBytes),
        [0xFF], [0xC3], [0xFF, 0xFE], [0xEF, 0xBB, 0xBF], [0, 0, 0, 0], [0xFF, 0xFF, 0xFF, 0xFF],
    ];

    /// <summary>A few of them: what is done, where, and with what.</summary>
    public static Arbitrary<List<(int What, int Where, int With)>> Bends { get; } =
        (from what in Gen.Choose(0, 6)
         from place in Gen.Choose(0, 1_000_000)
         from with in Gen.Choose(0, 1_000_000)
         select (What: what, Where: place, With: with))
        .ListOf().Resize(4).ToArbitrary();

    public static byte[] Apply(byte[] good, IEnumerable<(int What, int Where, int With)> bends)
    {
        List<byte> bytes = [.. good];
        foreach ((int what, int where, int with) in bends.Where(_ => bytes.Count > 0))
        {
            int at = where % bytes.Count;
            int length = Math.Min(1 + with % 40, bytes.Count - at);
            byte[] odd = Odd[with % Odd.Length];
            switch (what)
            {
                case 0:
                    bytes[at] ^= (byte)(1 << with % 8);
                    break;
                case 1:
                    bytes[at] = (byte)with;
                    break;
                case 2:
                    bytes.RemoveRange(at, length);
                    break;
                case 3:
                    bytes.InsertRange(at, bytes.GetRange(at, length));
                    break;
                case 4:
                    bytes.InsertRange(at, odd);
                    break;
                case 5:
                    bytes.RemoveRange(at, length);
                    bytes.InsertRange(at, odd);
                    break;
                default:
                    bytes.RemoveRange(at, with % 5 == 0 ? bytes.Count - at : 0);
                    break;
            }
        }

        return [.. bytes];
    }
}
