;; Widens UTF-8 (RFC 3629) that is known to be valid to UTF-16 in little-endian order.
;;
;; The memory is 13 pages of 64 KiB and never grows: the input, up to 256 KiB from address 0 on; the output, up to 512 KiB from 262,208 on; and room
;; behind each, for the last block is read and written whole.
(module
  (memory (export "memory") 13 13)

  ;; Reads from `in` up to `end`, writes from `out` on, and returns the end of what it wrote.
  (func (export "widen") (param $in i32) (param $end i32) (param $out i32) (result i32)
    (local $block v128) (local $high i32) (local $byte i32) (local $point i32)
    (block $done
      (loop $ascii
        (br_if $done (i32.ge_u (local.get $in) (local.get $end)))
        ;; Sixteen bytes at a time, of which those in front of the first that is not ASCII count.
        (local.set $block (v128.load (local.get $in)))
        (v128.store (local.get $out) (i16x8.extend_low_i8x16_u (local.get $block)))
        (v128.store offset=16 (local.get $out) (i16x8.extend_high_i8x16_u (local.get $block)))
        (local.set $high (i32.or (i8x16.bitmask (local.get $block)) (i32.const 0x10000)))
        (local.set $high (i32.ctz (local.get $high)))
        (local.set $in (i32.add (local.get $in) (local.get $high)))
        (local.set $out (i32.add (local.get $out) (i32.shl (local.get $high) (i32.const 1))))
        (br_if $ascii (i32.eq (local.get $high) (i32.const 16)))
        (loop $wide
          (br_if $done (i32.ge_u (local.get $in) (local.get $end)))
          (local.set $byte (i32.load8_u (local.get $in)))
          (br_if $ascii (i32.lt_u (local.get $byte) (i32.const 0x80)))
          (if (i32.lt_u (local.get $byte) (i32.const 0xe0))
            (then
              (i32.store16 (local.get $out)
                (i32.or
                  (i32.shl (i32.and (local.get $byte) (i32.const 0x1f)) (i32.const 6))
                  (i32.and (i32.load8_u offset=1 (local.get $in)) (i32.const 0x3f))))
              (local.set $in (i32.add (local.get $in) (i32.const 2)))
              (local.set $out (i32.add (local.get $out) (i32.const 2)))
              (br $wide)))
          (if (i32.lt_u (local.get $byte) (i32.const 0xf0))
            (then
              (i32.store16 (local.get $out)
                (i32.or
                  (i32.shl (i32.and (local.get $byte) (i32.const 0x0f)) (i32.const 12))
                  (i32.or
                    (i32.shl (i32.and (i32.load8_u offset=1 (local.get $in)) (i32.const 0x3f)) (i32.const 6))
                    (i32.and (i32.load8_u offset=2 (local.get $in)) (i32.const 0x3f)))))
              (local.set $in (i32.add (local.get $in) (i32.const 3)))
              (local.set $out (i32.add (local.get $out) (i32.const 2)))
              (br $wide)))
          ;; A code point beyond U+FFFF makes a pair of surrogates.
          (local.set $point
            (i32.sub
              (i32.or
                (i32.or
                  (i32.shl (i32.and (local.get $byte) (i32.const 0x07)) (i32.const 18))
                  (i32.shl (i32.and (i32.load8_u offset=1 (local.get $in)) (i32.const 0x3f)) (i32.const 12)))
                (i32.or
                  (i32.shl (i32.and (i32.load8_u offset=2 (local.get $in)) (i32.const 0x3f)) (i32.const 6))
                  (i32.and (i32.load8_u offset=3 (local.get $in)) (i32.const 0x3f))))
              (i32.const 0x10000)))
          (i32.store16 (local.get $out)
            (i32.or (i32.const 0xd800) (i32.shr_u (local.get $point) (i32.const 10))))
          (i32.store16 offset=2 (local.get $out)
            (i32.or (i32.const 0xdc00) (i32.and (local.get $point) (i32.const 0x3ff))))
          (local.set $in (i32.add (local.get $in) (i32.const 4)))
          (local.set $out (i32.add (local.get $out) (i32.const 4)))
          (br $wide))))
    ;; The last block may have read, and written, too much.
    (i32.sub (local.get $out) (i32.shl (i32.sub (local.get $in) (local.get $end)) (i32.const 1)))))
